import Files
import Foundation
import Plot
import Spec
import Traces
import Words

extension ReportSpec {
  /// The logo of the report with the digest of its file; nil when there is none, or no report.
  ///
  /// - Throws: `Diagnostic` when the file lies elsewhere, cannot be read, is larger than 10 MB, or is no PNG.
  func logo(base: URL) throws -> (picture: Picture, sha256: String)? {
    guard output.report, let path = output.logo else { return nil }
    let place = logoPlace ?? VisibleText.inline(path)
    func refused(_ why: String) -> Diagnostic {
      Diagnostic(
        place: place, "the logo '\(VisibleText.excerpt(of: path, count: 80))' \(why)",
        hints: ["logo of output is the path of a PNG file, relative to the spec's folder"], category: .badSpec)
    }
    let data: Data
    switch InputFolder(base).read(path, most: Self.largestLogo) {
    case .bytes(let bytes): data = bytes
    case .tooLarge(let count): throw refused("has \(count) bytes, expected 1 to \(Self.largestLogo)")
    case .unreadable(let reason): throw Diagnostic.unreadable(path, reason, place: place)
    case .outside: throw Diagnostic.outside(path, place: place)
    }
    guard !data.isEmpty else { throw refused("has 0 bytes, expected 1 to \(Self.largestLogo)") }
    do {
      return (try Picture(png: data), SHA256.hex(of: data))
    } catch let error as PlotError {
      throw refused("cannot be shown: \(error.message)")
    }
  }

  private static let largestLogo = 10_000_000
}
