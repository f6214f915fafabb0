import Engine
import Figures
import Files
import Foundation
import Plot
import Spec
import Traces
import Words

/// Compares files, or folders file by file: traces and tables by their numbers, pictures by their pixels, others by their bytes.
public enum FileDiff {
  /// What must be the same of two files.
  public enum Extent: Sendable {
    /// Numbers and pixels, where a file has some, and else all bytes.
    case numbers
    /// All bytes.
    case bytes
    /// Numbers and pixels within a tolerance, and everything else that does not follow from versions of libraries.
    case content
  }

  /// One finding for each file that either folder has, in the order of names.
  ///
  /// - Throws: `Diagnostic` when a file cannot be read or is damaged.
  /// - Parameters:
  ///   - lone: The words for a file that only one of two folders has.
  ///   - extent: What must be the same.
  public static func compare(
    _ first: String, _ second: String, tolerance: DiffTolerance, lone: (inFirst: String, inSecond: String)? = nil,
    extent: Extent = .numbers
  ) throws -> [DiffFinding] {
    let lone = lone ?? ("only in \(first)", "only in \(second)")
    switch (try isFolder(first), try isFolder(second)) {
    case (false, false):
      return [
        try compare(
          URL(fileURLWithPath: first).lastPathComponent, try data(first), try data(second), tolerance: tolerance)
      ]
    case (true, true): break
    case (true, false), (false, true):
      throw Diagnostic(
        place: second, "expected two files or two folders, found one of each", category: .usage)
    }
    let folders = (OwnFolder(URL(fileURLWithPath: first)), OwnFolder(URL(fileURLWithPath: second)))
    let (own, others) = (Set(try folders.0.allFiles()), Set(try folders.1.allFiles()))
    let digests = FolderDigests(folders.0, own)
    return own.union(others).sorted().map { name in
      guard own.contains(name) else {
        return DiffFinding(name: name, presence: .second, isEqual: false, lines: [lone.inSecond])
      }
      guard others.contains(name) else {
        return DiffFinding(name: name, presence: .first, isEqual: false, lines: [lone.inFirst])
      }
      return compare(
        name, folders.0.read(name), folders.1.read(name), of: (first, second), tolerance, extent, digests.isKnown)
    }
  }

  /// Two files of folders: a damaged one, and one that is no plain file, is a difference.
  private static func compare(
    _ name: String, _ one: OwnFolder.Content, _ other: OwnFolder.Content, of folders: (String, String),
    _ tolerance: DiffTolerance, _ extent: Extent, _ isDigest: (String) -> Bool
  ) -> DiffFinding {
    func failed(_ folder: String, _ what: String) -> DiffFinding {
      DiffFinding(
        name: name, isEqual: false,
        lines: ["in \(folder): expected a plain file, which alone is compared, found \(what)"])
    }
    switch (one, other) {
    case (.other(let what), _): return failed(folders.0, what)
    case (_, .other(let what)): return failed(folders.1, what)
    case (.bytes(let a), .bytes(let b)):
      do {
        return try compare(name, a, b, tolerance: tolerance, extent: extent, isDigest: isDigest)
      } catch {
        let problem = Diagnostic.one(from: error)
        return DiffFinding(
          name: name, isEqual: false, lines: ["different bytes, and one file is damaged: \(problem.message)"])
      }
    }
  }

  /// Two files of one name.
  static func compare(
    _ name: String, _ one: Data, _ other: Data, tolerance: DiffTolerance, extent: Extent = .numbers,
    isDigest: (String) -> Bool = { _ in false }
  ) throws -> DiffFinding {
    guard one != other else {
      return DiffFinding(name: name, isEqual: true, lines: ["the same \(Wording.size(bytes: one.count))"])
    }
    var finding = try comparison(name, one, other, tolerance)
    switch extent {
    case .numbers: break
    case .bytes:
      if finding.isEqual { finding.lines = [bytes(one, other)] + finding.lines }
      finding.isEqual = false
    case .content: try judge(&finding, one, other, tolerance, isDigest)
    }
    return finding
  }

  /// "different bytes: 3 kB and 4 kB, the first difference at byte 7".
  private static func bytes(_ one: Data, _ other: Data) -> String {
    let place =
      zip(one, other).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(one.count, other.count)
    return "different bytes: \(Wording.size(bytes: one.count)) and \(Wording.size(bytes: other.count)), "
      + "the first difference at byte \(place)"
  }

  /// Two files whose bytes differ.
  private static func comparison(
    _ name: String, _ one: Data, _ other: Data, _ tolerance: DiffTolerance
  ) throws -> DiffFinding {
    switch FigureFormat.ofFile(name)?.comparison {
    case .pixels: return try pictures(name, one, other, tolerance)
    case .fields: return try tables(name, one, other, tolerance)
    case .bytes, nil: break
    }
    if name.hasSuffix(".json"), let a = try? Trace.read(one, path: name), let b = try? Trace.read(other, path: name) {
      try a.checkShape()
      try b.checkShape()
      let lines = TraceDiff.lines(a, b, tolerance: tolerance.number)
      let changes = TraceDiff.changes(a, b, tolerance: tolerance.number)
      var finding = DiffFinding(
        name: name, isEqual: lines.isEmpty, lines: lines.isEmpty ? [same("numbers", tolerance.number > 0)] : lines)
      (finding.changes, finding.changeCount) = (changes.list, changes.count)
      return finding
    }
    return DiffFinding(name: name, isEqual: false, lines: [bytes(one, other)])
  }

  private static func pictures(
    _ name: String, _ one: Data, _ other: Data, _ tolerance: DiffTolerance
  ) throws -> DiffFinding {
    let found: PictureComparison
    do {
      found = try PictureComparison(one, other, tolerance: tolerance.channel)
    } catch {
      throw Diagnostic(
        place: name, "expected two PNG pictures: \(Diagnostic.one(from: error).message)", category: .badInput)
    }
    var lines: [String] = []
    if found.first != found.second {
      lines.append(
        "size: \(found.first.width) x \(found.first.height) and \(found.second.width) x \(found.second.height) pixels")
    }
    if found.differing > 0 {
      let tile = found.tiles.max { $0.differing < $1.differing }
      lines.append(
        "\(Wording.differing(found.differing, "pixel")) in \(Wording.count(found.tiles.count, "tile")) of "
          + "\(PictureComparison.tileSide) x \(PictureComparison.tileSide), by at most \(found.largest) of 255, root mean "
          + "square \(Decimals.fixed(found.rootMeanSquare, 3))"
          + (tile.map { "; most of them in the tile at (\($0.x), \($0.y))" } ?? ""))
    }
    guard !lines.isEmpty else {
      return DiffFinding(name: name, isEqual: true, lines: [same("pixels", tolerance.channel > 0)])
    }
    return DiffFinding(
      name: name, isEqual: false, lines: lines,
      pictures: .init(first: one, second: other, difference: try found.differencePicture()))
  }

  private static func tables(
    _ name: String, _ one: Data, _ other: Data, _ tolerance: DiffTolerance
  ) throws -> DiffFinding {
    let (a, b) = (try CSVReader.records(one, name: name), try CSVReader.records(other, name: name))
    var lines: [String] = []
    var changes: [DiffChange] = []
    if a.count != b.count { lines.append("records: \(a.count) and \(b.count)") }
    var (count, most, first) = (0, 0.0, "")
    for (row, pair) in zip(a, b).enumerated() where pair.0.fields != pair.1.fields {
      for (column, values) in zip(pair.0.fields, pair.1.fields).enumerated() where values.0 != values.1 {
        if let x = Double(values.0), let y = Double(values.1) {
          // A field that is no number differs from each one, and no difference from it is within a tolerance.
          let (isWhole, isOtherWhole) = (Int(values.0) != nil, Int(values.1) != nil)
          if !TextComparison.mayCount(isWhole, x, isOtherWhole, y), abs(x - y) <= tolerance.number { continue }
          if abs(x - y).isFinite { most = max(most, abs(x - y)) }
        }
        count += 1
        let heads = a.first?.fields ?? []
        let head = row > 0 && heads.indices.contains(column) ? heads[column] : "field \(column + 1)"
        if changes.count < 50 {
          changes.append(
            DiffChange(
              quantity: head,
              place: "in line \(pair.0.line)", before: excerpt(values.0), after: excerpt(values.1), difference: ""))
        }
        if first.isEmpty {
          first = "first in line \(pair.0.line), \(excerpt(head)): \(excerpt(values.0)) → \(excerpt(values.1))"
        }
      }
      if pair.0.fields.count != pair.1.fields.count { count += 1 }
    }
    if count > 0 {
      lines.append(
        Wording.differing(count, "field") + (most > 0 ? ", numbers by at most \(Float(most))" : "")
          + (first.isEmpty ? "" : ", \(first)"))
    }
    var finding = DiffFinding(
      name: name, isEqual: lines.isEmpty, lines: lines.isEmpty ? [same("numbers", tolerance.number > 0)] : lines)
    (finding.changes, finding.changeCount) = (changes, count)
    return finding
  }

  /// "the same numbers", "the same pixels within the tolerance".
  private static func same(_ what: String, _ isWithin: Bool) -> String {
    "the same \(what)\(isWithin ? " within the tolerance" : "")"
  }

  /// The beginning of a text, on one line, with a mark for each space that a reader would miss: a field can hold anything.
  private static func excerpt(_ text: String) -> String {
    VisibleText.excerpt(of: VisibleText.marked(String(text.prefix(200))), count: 60)
  }

  private static func isFolder(_ path: String) throws -> Bool {
    var folder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &folder) else {
      throw Diagnostic(place: path, "no such file or folder", category: .badInput)
    }
    return folder.boolValue
  }

  static func data(_ path: String) throws -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw Diagnostic(place: path, "cannot be read", category: .badInput)
    }
  }
}
