import Files
import Foundation
import Spec
import Words

/// Where a build may write.
extension Builder {
  /// The folder of a gallery.
  ///
  /// - Throws: `Diagnostic` when a link in its path, which the user has not named, leads out of the project, or when a folder in it that a
  ///   build writes to is a link.
  func ownFolder(_ folder: URL, of spec: ReportSpec, _ options: Options) throws(Diagnostic) -> OwnFolder {
    // What a link leads to was chosen by whoever made it, unless the user names the link.
    let project = InputFolder(URL(fileURLWithPath: ".", isDirectory: true))
    for place in options.isOutGiven ? [folder] : [options.out, folder] {
      guard let target = project.strayLink(place) else { continue }
      throw Diagnostic(
        place: place.relativePath,
        "expected a folder in this project, found a link to '\(VisibleText.inline(target))'",
        hints: ["remove the link, or name another folder with --out"], category: .cannotWrite)
    }
    let own = OwnFolder(folder)
    for name in BuildRecord.folders + (spec.output.latex.map { [$0] } ?? []) { _ = try own.place("\(name)/x") }
    return own
  }
}
