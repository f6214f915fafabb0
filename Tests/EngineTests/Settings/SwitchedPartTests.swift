import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite("A switch of config.json says what the network has")
struct SwitchedPartTests {
  private static let folders = ParityModel.all.filter { $0.kind == .safetensors }

  /// Switches that the family does not read, and those that it reads.
  ///
  /// One that it does not read is refused when it asks for what the network lacks, and when it is false for what the network has. One that the family reads leads to a network of that kind, or to an error, or has no effect for a stated reason.
  @Test(arguments: folders)
  func noSwitchIsPassedOver(_ tiny: ParityModel) throws {
    let config = try EditableJSON(URL(fileURLWithPath: "\(tiny.path)/config.json"))
    let plain = try tiny.open()
    let prefix = try openModelFiles(path: tiny.path).settingsPrefix.split(separator: ".").map(String.init)
    let switches = SwitchedPart.all.flatMap { part in part.keys.sorted().map { (path: keyPath($0), part: part) } }
      .filter { config.value(at: prefix + $0.path) == nil }
    // Which of them the family looks up shows in an account of a file where they are null.
    let nulls = switches.reduce(config) { $0.replacing(prefix + $1.path, with: NSNull()) }
    let read = Set(try accounts(tiny, nulls).filter { $0.outcome != .asksForNothing }.map(\.key))
    let unread = switches.filter { !read.contains((prefix + $0.path).joined(separator: ".")) }
    let contrary = unread.reduce(config) { $0.replacing(prefix + $1.path, with: !$1.part.isIn(plain.network)) }
    let refused = Set(try accounts(tiny, contrary).filter { $0.outcome == .refused }.map(\.key))
    let passedOver = unread.map { (prefix + $0.path).joined(separator: ".") }.filter { !refused.contains($0) }
    #expect(passedOver == [])
    for (path, part) in switches where read.contains((prefix + path).joined(separator: ".")) {
      for value in [true, false] {
        try tiny.with(config.replacing(prefix + path, with: value)) { folder in
          guard let model = try? openModel(folder, name: tiny.name) else { return }
          let key = (prefix + path).joined(separator: ".")
          if case .changesNothing = model.settings.first(where: { $0.key == key })?.outcome { return }
          // Other settings say which layers have a window, and its width; they can leave none.
          if value, path == ["use_sliding_window"] { return }
          #expect(part.isIn(model.network) == value, "\(key) = \(value): \(part.name)")
        }
      }
    }
    print("\(tiny.testDescription): \(unread.count) switches that it does not read, \(read.count) accounts of others")
  }

  @Test func theErrorNamesTheSwitch() throws {
    let tiny = try #require(Self.folders.first { $0.name == "qwen3" })
    let config = try EditableJSON(URL(fileURLWithPath: "\(tiny.path)/config.json"))
    try tiny.with(config.replacing(["use_qk_norm"], with: false)) { folder in
      let error = #expect(throws: LoadError.self) { try openModel(folder, name: tiny.name) }
      #expect(error?.message == "1 setting is not followed: 'use_qk_norm' = false in config.json")
      let options = ModelOptions(acceptedSettings: ["use_qk_norm"])
      let model = try LanguageModel.open(
        path: folder.path, identity: ModelIdentity(name: "", sha256: ""), options: options)
      #expect(model.acceptedSettings.map(\.key) == ["use_qk_norm"])
    }
    try tiny.with(config.replacing(["alibi"], with: false)) { folder in
      let model = try openModel(folder, name: tiny.name)
      #expect(model.settings.contains { $0.key == "alibi" && $0.outcome == .asksForNothing })
    }
  }

  /// A listed key with a value that the list does not name is refused, false included.
  @Test func aValueThatTheListDoesNotNameIsRefused() throws {
    let tiny = try #require(Self.folders.first { $0.name == "gptj" })
    let config = try EditableJSON(URL(fileURLWithPath: "\(tiny.path)/config.json"))
    try tiny.with(config.replacing(["rotary"], with: false)) { folder in
      let error = #expect(throws: LoadError.self) { try openModel(folder, name: tiny.name) }
      #expect(error?.message == "1 setting is not followed: 'rotary' = false in config.json")
    }
  }

  private func keyPath(_ key: String) -> [String] { key.split(separator: ".").map(String.init) }

  /// The account of every setting of a changed config.json, whether the model opens or not.
  private func accounts(_ tiny: ParityModel, _ config: EditableJSON) throws -> [SettingAccount] {
    var accounts: [SettingAccount] = []
    try tiny.with(config) { folder in
      let files = try openModelFiles(path: folder.path)
      do {
        accounts = try LanguageModel(files, identity: ModelIdentity(name: "", sha256: "")).settings
      } catch LoadError.unreadSettings {
        accounts = files.ledger.accounts(family: files.architecture)
      }
    }
    return accounts.filter { $0.file == .config }
  }
}

extension EditableJSON {
  /// The value at a place; nil if there is none.
  fileprivate func value(at path: [String]) -> Any? {
    path.reduce(root as Any?) { value, key in (value as? [String: Any])?[key] }
  }
}

extension ParityModel {
  /// Runs `body` with a folder of copies of this model's files and another config.json.
  fileprivate func with(_ config: EditableJSON, _ body: (URL) throws -> Void) throws {
    try withTemporaryFolder { folder in
      for name in try FileManager.default.contentsOfDirectory(atPath: path) where name != "config.json" {
        try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: folder.appending(path: name).path)
      }
      try config.data.write(to: folder.appending(path: "config.json"))
      try body(folder)
    }
  }
}
