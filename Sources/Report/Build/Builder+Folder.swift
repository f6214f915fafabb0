import Files
import Foundation
import Spec
import Words

/// Where a build may write.
extension Builder {
  /// The folder of a gallery.
  ///
  /// - Throws: `Diagnostic` when it is a link, or the folder around it is one that the user has not named, or when a folder in it that a build
  ///   writes to is a link.
  func ownFolder(_ folder: URL, of spec: ReportSpec, _ options: Options) throws(Diagnostic) -> OwnFolder {
    // What a link leads to was chosen by whoever made it, unless the user names the link: a build would write over what is there.
    for place in options.isOutGiven ? [folder] : [options.out, folder] {
      var status = stat()
      guard lstat(place.path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { continue }
      let target = (try? FileManager.default.destinationOfSymbolicLink(atPath: place.path)) ?? "nothing"
      throw Diagnostic(
        place: place.relativePath, "expected a folder, found a link to '\(VisibleText.inline(target))'",
        hints: ["remove the link, or name another folder with --out"], category: .cannotWrite)
    }
    let own = OwnFolder(folder)
    for name in BuildRecord.folders + (spec.output.latex.map { [$0] } ?? []) { _ = try own.place("\(name)/x") }
    return own
  }
}
