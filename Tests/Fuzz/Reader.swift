import Files
import Foundation
import Words

/// A reader of files or texts from outside, and what it is fuzzed with.
///
/// The registry is `FuzzReader.all`: whoever writes a new reader adds it there.
struct FuzzReader: Sendable {
  /// What a damage should look like, so that it comes past the first check.
  enum Form: Sendable {
    /// JSON, YAML, CSV, Mustache and other texts: words, numbers and lines change; the words are those that the reader knows.
    case text([String])
    /// Bytes whose beginning and end say what the rest is.
    case bytes
    /// A length, a header in JSON, and data.
    case safetensors
  }

  /// In lower case, with hyphens: `trace`, `tokenizer-model`.
  var name: String
  var form: Form
  /// Files of Tests/Fixtures that are damaged, besides those in `Tests/Fixtures/fuzz/NAME`.
  ///
  /// A part with `*` stands for all names of that form.
  var seeds: [String] = []
  /// Reads an input to the end, and does with it what the program does next.
  ///
  /// - Throws: What the reader throws.
  var read: @Sendable (FuzzInput) throws -> Void

  /// The seeds in a fixed order.
  var files: [URL] {
    Fixtures.files("fuzz/\(name)/*") + seeds.flatMap(Fixtures.files)
  }

  /// Reads an input.
  ///
  /// - Returns: Nil when it was read or refused with an error that names what is wrong; otherwise what is wrong with the error.
  func fault(on input: FuzzInput) -> (wasRead: Bool, fault: String?) {
    do {
      try read(input)
      return (true, nil)
    } catch {
      // What has no category would end the program as a bug of its own, with the exit code 70.
      let untyped = Diagnostic.all(from: error).first { $0.category == .internalFault }
      return (false, untyped.map { "an error without a type of its own: \($0.message.prefix(300))" })
    }
  }
}

/// One damaged file.
struct FuzzInput {
  var bytes: Data
  /// The file that it was made of.
  var seed: URL
  /// A folder of this process, for readers that read files.
  var folder: URL

  /// The bytes as text; what is no UTF-8 is replaced.
  var text: String { String(decoding: bytes, as: UTF8.self) }
  /// The ending of the seed: "csv".
  var ending: String { seed.pathExtension }

  /// Writes the bytes to a file of the folder.
  func file(_ name: String) throws -> URL { try write(bytes, name) }

  /// Writes a file of the folder, never into one that may still be mapped.
  @discardableResult func write(_ data: Data, _ name: String) throws -> URL {
    let place = folder.appending(path: name)
    unlink(place.path)
    try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: place)
    return place
  }

  /// A folder with copies of the files of a model, of which one is the damaged one.
  ///
  /// - Parameter without: Names that are left out.
  func model(_ name: String, from source: URL? = nil, without: Set<String> = []) throws -> URL {
    let place = folder.appending(path: "model")
    try? FileManager.default.removeItem(at: place)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let source = source ?? modelFolder
    for other in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where other != name && !without.contains(other) {
      // Weights alone may be links to elsewhere.
      if other.hasSuffix(".safetensors") {
        symlink(source.appending(path: other).path, place.appending(path: other).path)
      } else {
        try FileManager.default.copyItem(at: source.appending(path: other), to: place.appending(path: other))
      }
    }
    try write(bytes, "model/\(name)")
    // A kept model has the header of its weights; the weights are zeros.
    let header = source.appending(path: "header.json")
    if let text = try? Data(contentsOf: header) { try write(Self.weights(text), "model/model.safetensors") }
    return place
  }

  /// A file of safetensors whose tensors are zeros.
  private static func weights(_ header: Data) -> Data {
    let ends = String(decoding: header, as: UTF8.self).matches(of: /"data_offsets": ?\[\d+, ?(\d+)\]/).compactMap {
      Int($0.1)
    }
    let size = UInt64(header.count)
    return Data((0..<8).map { UInt8(truncatingIfNeeded: size >> UInt64(8 * $0)) }) + header
      + Data(count: ends.max() ?? 0)
  }

  /// The folder of the model that the seed belongs to; a kept case begins with its name: `llama--CASE.json`.
  private var modelFolder: URL {
    let name = seed.lastPathComponent
    guard let end = name.range(of: "--") else { return seed.deletingLastPathComponent() }
    return Fixtures.folder.appending(path: "models/\(name[..<end.lowerBound])/hf")
  }
}

/// Files of Tests/Fixtures, found from where this source file lies.
enum Fixtures {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures")

  static func data(_ path: String) -> Data { (try? Data(contentsOf: folder.appending(path: path))) ?? Data() }

  /// The files that a path leads to, in which a part with `*` stands for all names of that form.
  static func files(_ pattern: String) -> [URL] {
    var found = [folder]
    for part in pattern.split(separator: "/") {
      found = found.flatMap { place -> [URL] in
        guard let star = part.firstIndex(of: "*") else { return [place.appending(path: String(part))] }
        let (start, end) = (part[..<star], part[part.index(after: star)...])
        let names = (try? FileManager.default.contentsOfDirectory(atPath: place.path)) ?? []
        return names.filter { !$0.hasPrefix(".") && $0.hasPrefix(start) && $0.hasSuffix(end) }.sorted().map {
          place.appending(path: $0)
        }
      }
    }
    return found.filter { FileState(path: $0.path)?.isFolder == false }
  }
}
