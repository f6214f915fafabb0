import ArgumentParser
import Engine
import Files
import Foundation
import Spec
import Words

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Write a spec to start from, with comments.",
    discussion: "strata build FILE makes its gallery. A file that is there is not replaced.")

  @Argument(help: ArgumentHelp("Where to write it.", valueName: "file"))
  var file = "gallery.yaml"

  func run() throws {
    let url = URL(fileURLWithPath: file)
    guard !FileManager.default.fileExists(atPath: url.path) else {
      throw Diagnostic(
        place: file, "there is a file of this name already", hints: ["choose another name: strata init other.yaml"],
        category: .cannotWrite)
    }
    try AtomicFile.write(Data(StarterSpec.text.utf8), to: url)
    Terminal.talk("wrote \(file); strata build \(file) makes its gallery, strata watch \(file) whenever it is saved")
    try Terminal.say(file + "\n")
  }
}
