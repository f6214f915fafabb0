import Engine
import Files
import Foundation
import Plot

/// What an earlier build wrote and why, kept as `.strata/build.json` in the output folder.
///
/// It decides which figures to draw again and which files to remove.
struct BuildRecord: Codable, Equatable {
  static let path = ".strata/build.json"
  static let schemaName = "strata.build/1"

  var schema = BuildRecord.schemaName
  /// Figures by id.
  var figures: [String: Figure] = [:]
  /// Key of everything that the pages show.
  var pages: String?
  /// The pages and what belongs to them, by path; nil in records of versions that did not note them.
  var pageFiles: [String: FileRecord]?
  /// What traces depended on, by their files; nil in records of versions that did not note it.
  var traces: [String: BuildReasons]?
  /// Every file that a build wrote here, relative to the folder.
  var files: Set<String> = []

  /// A figure that was drawn.
  struct Figure: Codable, Equatable {
    /// Key of everything it depends on.
    var key: String
    /// By format.
    var files: [String: FileRecord]
    /// The same part by part; nil in records of versions that did not note them.
    var reasons: BuildReasons?
  }

  /// The record of a folder.
  ///
  /// A folder without a readable record has an empty one, and the build then draws everything again.
  static func read(in folder: URL) -> BuildRecord {
    guard let data = try? Data(contentsOf: folder.appending(path: path)),
      let record = try? JSONDecoder().decode(BuildRecord.self, from: data), record.schema == schemaName
    else { return BuildRecord() }
    return record
  }

  func write(in folder: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var data = try encoder.encode(Sorted(self))
    data.append(0x0A)
    try AtomicFile.write(data, to: folder.appending(path: BuildRecord.path))
  }

  /// The record with its set of files sorted, so that the same build writes the same bytes.
  private struct Sorted: Encodable {
    var schema: String
    var figures: [String: Figure]
    var pages: String?
    var pageFiles: [String: FileRecord]?
    var traces: [String: BuildReasons]?
    var files: [String]
    init(_ record: BuildRecord) {
      schema = record.schema
      figures = record.figures
      pages = record.pages
      pageFiles = record.pageFiles
      traces = record.traces
      files = record.files.sorted()
    }
  }
}
