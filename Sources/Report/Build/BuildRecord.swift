import Engine
import Files
import Foundation
import Plot
import Traces
import Words

/// What an earlier build wrote and why, kept as `.strata/build.json` in the output folder.
///
/// It decides which figures to draw again and which files to remove.
package struct BuildRecord: Codable, Equatable {
  static let path = ".strata/build.json"
  static let ignorePath = ".strata/.gitignore"
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

  init(files: Set<String> = []) { self.files = files }

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
  /// A folder without a readable record has an empty one, and the build then draws everything again. So it does when the record is not the
  /// one that a build of this user left (`known`): somebody who can write the record can write figures to go with it. Its list of files is
  /// that of the gallery itself, so that the next build removes what it does not need, and no file of the user.
  package static func read(in folder: URL, known: String?) -> BuildRecord {
    guard let data = OwnFolder(folder).bytes(path),
      let record = try? JSONDecoder().decode(BuildRecord.self, from: data), record.schema == schemaName,
      SHA256.hex(of: data) == known
    else { return BuildRecord(files: filesOfGallery(in: folder)) }
    return record
  }

  /// Whether builds write files at such paths.
  static func isWritten(_ path: String) -> Bool {
    let parts = path.pathNames
    let endings = [
      "css", "csv", "html", "ico", "js", "json", "pdf", "png", "svg", "tex", "txt", "typ", "qmd", "bib", "woff2",
    ]
    guard let name = parts.last, let ending = name.split(separator: ".").last, endings.contains(String(ending)) else {
      return false
    }
    switch parts.count {
    case 1: return ["findings", "gallery", "index", "manifest", "report"].contains(name.prefix { $0 != "." })
    case 2: return folders.contains(String(parts[0]))
    default: return false
    }
  }

  /// The folders in which builds write.
  static let folders = ["figures", "traces", "datasets", "assets", "prompts", "strips"]

  /// Writes the record of a folder; returns its digest.
  func write(in folder: URL, durable: AtomicFile.Durability = .later) throws -> String {
    let place = try OwnFolder(folder).place(BuildRecord.path)
    let written = try AtomicFile.stage(for: place, durable: durable) { try writeJSON(to: $0) }
    try AtomicFile.move(written.file, to: place)
    // The folder is of use on this machine alone: git passes it over when the gallery is committed.
    try AtomicFile.replace(OwnFolder(folder).place(BuildRecord.ignorePath), with: Data("*\n".utf8), durable: .later)
    return written.sha256
  }

  /// The record as JSON in pieces; the same build gives the same bytes.
  private func writeJSON(to take: (Data) throws -> Void) throws {
    var head = Sorted(self)
    let paths = files.sorted()
    var parts: [String: LongJSON.Part] = [
      "figures": .object(keys: Array(figures.keys)) { figures[$0] }, "files": .list(count: paths.count) { paths[$0] },
    ]
    if let pageFiles {
      head.pageFiles = [:]
      parts["pageFiles"] = .object(keys: Array(pageFiles.keys)) { pageFiles[$0] }
    }
    if let traces {
      head.traces = [:]
      parts["traces"] = .object(keys: Array(traces.keys)) { traces[$0] }
    }
    try LongJSON.write(head, parts, to: take)
  }

  /// The record without what is long.
  private struct Sorted: Encodable {
    var schema: String
    var figures: [String: Figure] = [:]
    var pages: String?
    var pageFiles: [String: FileRecord]?
    var traces: [String: BuildReasons]?
    var files: [String] = []
    init(_ record: BuildRecord) { (schema, pages) = (record.schema, record.pages) }
  }
}
