import Foundation
import TestSupport
import Testing

@Suite("The list of settings that change nothing, against the source of transformers")
struct InertSettingsTests {
  private static let script = Fixtures.repository.appending(path: "Tools/check_inert_settings.py").path
  private static let list = Fixtures.repository.appending(path: "Sources/Engine/Settings/inert-settings.json")

  private func check(_ more: [String] = []) throws -> Tool.Result {
    try Tool.run("python3", [Self.script, "--source", try RealModels.transformersSource().path] + more)
  }

  @Test func noKeyOnTheListIsReadWhereItCouldChangeNumbers() throws {
    let result = try check()
    print(result.output)
    #expect(result.status == 0)
  }

  @Test func aKeyThatTheModellingCodeReadsIsFoundOnTheList() throws {
    let text = String(decoding: try Data(contentsOf: Self.list), as: UTF8.self)
    let wrong = try TemporaryFile(
      Data(text.replacing("\"attn_pdrop\"", with: "\"rms_norm_eps\"").utf8), extension: "json")
    let result = try check(["--list", wrong.path])
    #expect(result.status == 1)
    #expect(result.output.contains("llama: modeling_llama.py reads 'rms_norm_eps'"))
  }
}
