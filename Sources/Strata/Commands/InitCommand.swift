import ArgumentParser
import Engine
import Files
import Foundation
import Models
import Spec
import Words

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a spec to start from, with comments.",
    discussion: """
      strata build FILE makes its gallery. An existing file is not replaced. \
      \(SpecSchema.fileName) is written beside it, unless it is there: by it editors complete and check the spec.
      """)

  @Argument(
    help: ArgumentHelp("Where to write it.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
  var file = "gallery.yaml"

  func run() throws {
    let url = URL(fileURLWithPath: file)
    guard !FileManager.default.fileExists(atPath: url.path) else {
      throw Diagnostic(
        place: file, "the file already exists", hints: ["choose another name: strata init other.yaml"],
        category: .cannotWrite)
    }
    let written = try writeSchema()
    try AtomicFile.write(Data(StarterSpec.text.utf8), to: url)
    Terminal.talk(
      "wrote \(file); strata build \(file) makes its gallery, strata watch \(file) makes it again whenever you save")
    if let written { Terminal.talk("wrote \(written), with which editors complete and check specs") }
    try Terminal.say(lines: [file])
  }

  /// Writes the schema that the spec names; replaces an older one of this program.
  ///
  /// - Returns: Its path where something was written.
  private func writeSchema() throws -> String? {
    let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
    let path = folder + SpecSchema.fileName
    let url = URL(fileURLWithPath: path)
    let schema = try SpecSchema.text(SpecVocabulary.current(catalog: ModelCatalog(environment: [:])))
    if FileManager.default.fileExists(atPath: url.path) {
      guard let present = try? String(contentsOf: url, encoding: .utf8), SpecSchema.isOurs(present) else {
        throw Diagnostic(
          place: path, "the file exists and is not a schema of specs",
          hints: ["move it away, or write the spec into another folder: strata init other/gallery.yaml"],
          category: .cannotWrite)
      }
      if present == schema { return nil }
    }
    try AtomicFile.write(Data(schema.utf8), to: url)
    return path
  }
}
