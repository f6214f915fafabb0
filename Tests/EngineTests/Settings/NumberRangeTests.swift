import Foundation
import TestSupport
import Testing

@testable import Engine
@testable import Traces

/// A number that something is divided by, or whose root is taken, is positive in every family and both kinds of file.
@Suite struct NumberRangeTests {
  /// The numbers of a model's file that have a range and are read, with their ranges.
  private func ranged(_ model: ParityModel) throws -> [(key: String, range: NumberRange)] {
    let isGGUF = model.kind == .gguf
    return try SettingsReport(path: model.path).accounts.compactMap { account in
      guard account.file.isOfTheModel, account.outcome == .read, Double(account.value) != nil else { return nil }
      let own = isGGUF ? account.key.split(separator: ".").dropFirst().joined(separator: ".") : account.key
      let range = NumberRange.of(gguf: isGGUF ? own : nil, config: isGGUF ? nil : own, isGGUF: isGGUF)
      return range.map { (account.key, $0) }
    }
  }

  @Test(arguments: ParityModel.all)
  func everyNumberOutsideItsRangeIsRefusedByName(model: ParityModel) throws {
    for (key, range) in try ranged(model) {
      for value in range == .positive ? [-1e-5, 0, 1e-60, 1e300] : [-1.0] {
        let files = EditedFiles(try openModelFiles(path: model.path))
        files.settings[key] = value
        let error = #expect(throws: LoadError.self, "\(key) = \(value)") {
          try LanguageModel(files, identity: ModelIdentity(name: "m", sha256: ""))
        }
        #expect(error?.message.contains("'\(key)' is ") == true, "\(key) = \(value): \(error?.message ?? "")")
      }
    }
  }

  @Test func epsilonsAreAmongThemInEveryFamily() throws {
    let found = try ["gpt2", "llama", "mamba", "t5", "bloom", "rwkv"].filter { ParityModel.names.contains($0) }.map {
      try ranged(ParityModel(name: $0, kind: .safetensors)).map(\.key)
    }
    #expect(found.allSatisfy { keys in keys.contains { $0.hasSuffix("eps") || $0.hasSuffix("epsilon") } }, "\(found)")
  }

  @Test func theFileItselfIsRefused() throws {
    for (value, found) in [("-0.000001", "-1e-06"), ("0", "0.0"), ("0.0", "0.0")] {
      try withTemporaryFolder { folder in
        let model = folder.appending(path: "m")
        try FileManager.default.copyItem(at: Fixtures.url("models/llama/hf"), to: model)
        let config = model.appending(path: "config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        try Data(text.replacing("1e-05", with: value).utf8).write(to: config)
        let error = #expect(throws: LoadError.self) { try openModel(model, name: "m") }
        #expect(error?.message == "setting 'rms_norm_eps' is \(found), expected a positive number")
        #expect(error?.hints == ["this opens the model as if the setting were absent: --accept-setting rms_norm_eps"])
      }
    }
  }
}
