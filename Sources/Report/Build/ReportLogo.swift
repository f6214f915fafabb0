import Files
import Foundation
import Plot
import Spec
import Traces
import Words

extension ReportSpec {
  /// The logo of the report with the digest of its file; nil when there is none, or no report.
  ///
  /// - Throws: `Diagnostic` when the file cannot be read, is larger than 10 MB, or is no PNG.
  func logo(base: URL) throws -> (picture: Picture, sha256: String)? {
    guard output.report, let path = output.logo else { return nil }
    let file = URL(fileURLWithPath: path, relativeTo: base).absoluteURL.standardizedFileURL
    func refused(_ why: String) -> Diagnostic {
      Diagnostic(
        place: VisibleText.inline(path), "the logo \(why)",
        hints: ["logo of output is the path of a PNG file, relative to the spec's folder"], category: .badSpec)
    }
    guard let state = FileState(path: file.path), !state.isFolder else {
      throw refused(
        "cannot be read: expected a file, found \(FileState(path: file.path) == nil ? "nothing" : "a folder")")
    }
    guard (1...Self.largestLogo).contains(state.bytes) else {
      throw refused("has \(state.bytes) bytes, expected 1 to \(Self.largestLogo)")
    }
    let data: Data
    do { data = try Data(contentsOf: file) } catch { throw refused("cannot be read: \(error.localizedDescription)") }
    do {
      return (try Picture(png: data), SHA256.hex(of: data))
    } catch let error as PlotError {
      throw refused("cannot be shown: \(error.message)")
    }
  }

  private static let largestLogo = 10_000_000
}
