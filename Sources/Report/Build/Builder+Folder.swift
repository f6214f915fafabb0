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

  /// Refuses a folder in which something of the author stands where a build would write.
  ///
  /// - Parameters:
  ///   - paths: What the build writes.
  ///   - known: Digest of the record that the last build of this user left in the folder.
  /// - Throws: `Diagnostic` that names it.
  func checkAuthorsFilesStay(
    _ paths: some Sequence<String>, of spec: ReportSpec, in folder: URL, known: String?
  ) throws(Diagnostic) {
    let written = BuildRecord.read(in: folder, known: known).files
    guard
      let path = BuildRecord.authorsFile(among: paths, known: written, latex: spec.output.latex, in: folder)
    else { return }
    throw Diagnostic(
      place: "\(folder.relativePath)/\(path)",
      "expected nothing here, or what a build wrote; found a file of another origin, which this build would write over",
      hints: ["move it, or name another folder with --out"], category: .cannotWrite)
  }
}

extension ReportSpec.Output {
  /// Files of the gallery's folder itself that a build is sure to write.
  var rootFiles: [String] {
    ["manifest.json"] + (gallery ? ["index.html"] : []) + (singleFile ? ["gallery.html"] : [])
      + (report ? ["report.pdf"] : [])
  }
}
