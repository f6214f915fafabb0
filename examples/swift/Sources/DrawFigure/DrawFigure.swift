import Figures
import Foundation
import Traces

/// Draws a figure of a trace: `DrawFigure TRACE.json KIND FILE`, where the ending of FILE is the format.
@main struct DrawFigure {
  static func main() throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    guard arguments.count == 3 else {
      print("usage: DrawFigure TRACE.json KIND FILE")
      print("kinds: \(FigureKind.all.map(\.name).joined(separator: ", "))")
      print("formats: \(FigureFormat.all.map(\.name).joined(separator: ", "))")
      exit(64)
    }
    let trace = try Trace.read(path: arguments[0])
    let file = URL(fileURLWithPath: arguments[2])
    let recipes = FigureRecipes()
    // As wide as a column of an ACL paper; a figure whose text or lines would be too small there is refused.
    let style = FigureStyle(venue: "acl", span: "column", strict: true)
    let figure = try recipes.draw(arguments[1], [.trace(trace)], options: [:], style: style)
    let id = file.deletingPathExtension().lastPathComponent
    try recipes.render(figure, format: file.pathExtension, id: id).write(to: file)
    print(figure.alt)
  }
}
