import ArgumentParser
import Foundation
import Plot

/// Draws what scaling.py measured.
struct ScalingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scaling", abstract: "Draw time and memory as functions of a job's size, from scaling.py's numbers.")

  @Argument(help: "The JSON file that scaling.py wrote.")
  var numbers: String

  @Argument(help: "The folder that gets the figures.")
  var folder: String

  func run() throws {
    let scans = try JSONDecoder().decode([Scan].self, from: try Data(contentsOf: URL(fileURLWithPath: numbers)))
    for scan in scans {
      let scene = try layout(try scan.figure(), theme: try Theme())
      for format in OutputFormat.all {
        let file = URL(fileURLWithPath: folder).appendingPathComponent("scaling-\(scan.name).\(format.fileExtension)")
        try format.render(scene).write(to: file, options: .atomic)
      }
    }
  }
}
