import Foundation
import Plot
import Testing

@testable import Build
@testable import Spec
@testable import Words

/// The logo of a spec's report.
@Suite struct ReportLogoTests {
  private func logo(_ path: String, _ data: Data?) throws -> Size? {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "strata-logo-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try data?.write(to: folder.appendingPathComponent("logo.png"))
    let yaml =
      "models: {m: smollm2-135m}\nprompts: [{id: a, text: b}]\nfigures: [top-tokens]\noutput: {logo: \"\(path)\"}\n"
    let spec = try SpecReader.read(Data(yaml.utf8), name: "my.yaml", vocabulary: SpecContext.vocabulary)
    return try spec.logo(base: folder)?.picture.size
  }

  private func png() throws -> Data {
    let scene = Scene(size: Size(72, 36), title: "", description: "", items: [])
    return try OutputFormat.named("png").render(scene, options: OutputOptions(idPrefix: "logo"))
  }

  @Test func aPNGIsRead() throws {
    #expect(try logo("logo.png", png()) == Size(300, 150))
  }

  @Test(arguments: [
    ("absent.png", "the file 'absent.png' cannot be read: no such file or directory"),
    (".", "the file '.' cannot be read: it is a folder"),
    ("logo.png", "the logo 'logo.png' cannot be shown: expected a PNG picture, found something else"),
    ("/dev/zero", "the file '/dev/zero' is outside the spec's folder and the git repository around it"),
  ])
  func whatIsNoPNGIsRefusedWithItsPlace(path: String, message: String) {
    #expect {
      try logo(path, Data("GIF89a".utf8))
    } throws: { error in
      let problem = error as? Diagnostic
      return problem?.place == "my.yaml:4:16" && problem?.message == message && problem?.hints.isEmpty == false
    }
  }
}
