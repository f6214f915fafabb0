import Engine
import Foundation
import Mustache
import Templates

/// A folder of a gallery template: `index.mustache`, its partials (every other `.mustache`), and assets (everything else).
struct GalleryTemplate {
  /// Assets by file name; they go to `assets/`.
  var assets: [String: Data]
  /// One SHA-256 for all its files.
  let digest: String
  private var library: MustacheLibrary
  private var root: MustacheTemplate

  /// Finds and reads a template: `explicit` if given, else next to the program, else the one built in.
  /// - Throws: `Diagnostic` when there is none, or when it is wrong.
  init(explicit: URL?) throws {
    let places = explicit.map { [$0] } ?? Self.places()
    let files = FileManager.default
    guard
      let folder = places.first(where: { files.fileExists(atPath: $0.appendingPathComponent("index.mustache").path) })
    else {
      throw Diagnostic(
        place: explicit?.path, "expected a gallery template with index.mustache, found none",
        hints: ["looked in " + places.map(\.path).joined(separator: ", ")], category: .badInput)
    }
    try self.init(folder: folder)
  }

  /// Where a template is looked for, first to last.
  private static func places() -> [URL] {
    let program = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
    let beside = program.map { folder in
      [
        folder.deletingLastPathComponent().appendingPathComponent("share/strata/templates/gallery"),
        folder.appendingPathComponent("share/strata/templates/gallery"),
        folder.appendingPathComponent("templates/gallery"),
      ]
    }
    return (beside ?? []) + (Templates.bundled.map { [$0.appendingPathComponent("gallery")] } ?? [])
  }

  private init(folder: URL) throws {
    assets = [:]
    library = MustacheLibrary()
    var sources: [String: String] = [:]
    var digests: [(name: String, digest: String)] = []
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      for name in names where !name.hasPrefix(".") {
        let file = folder.appendingPathComponent(name)
        guard try file.resourceValues(forKeys: [.isDirectoryKey]).isDirectory != true else { continue }
        let data = try Data(contentsOf: file)
        digests.append((name, SHA256.hex(of: data)))
        if name.hasSuffix(".mustache") {
          sources[String(name.dropLast(".mustache".count))] = String(decoding: data, as: UTF8.self)
        } else if !name.hasSuffix(".md") {
          assets[name] = data
        }
      }
    } catch {
      throw Diagnostic(
        place: folder.path, "the template cannot be read: \(error.localizedDescription)", category: .badInput)
    }

    var parsed: [String: MustacheTemplate] = [:]
    for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
      let path = folder.appendingPathComponent(name + ".mustache").path
      let template = try Self.parse(source, path: path)
      try Self.checkPartials(of: source, known: Set(sources.keys), path: path)
      library.register(template, named: name)
      parsed[name] = template
    }
    guard let index = parsed["index"] else {
      throw Diagnostic(place: folder.path, "expected index.mustache, found none", category: .badInput)
    }
    root = index
    digest = SHA256.combined(digests)
  }

  /// The page for `values`.
  func page(_ values: TemplateValue) -> String { root.render(values.context, library: library) }

  private static func parse(_ source: String, path: String) throws -> MustacheTemplate {
    do {
      return try MustacheTemplate(string: source)
    } catch let error as MustacheTemplate.ParserError {
      throw Diagnostic(
        place: "\(path):\(error.context.lineNumber):\(error.context.columnNumber)",
        "the template is wrong: \(Self.sentence(error.error))", category: .badInput)
    }
  }

  private static func sentence(_ error: any Error) -> String {
    switch error as? MustacheTemplate.Error {
    case .sectionCloseNameIncorrect: "this closes another section than the one that is open"
    case .unfinishedName: "expected }} after a name"
    case .expectedSectionEnd: "a section is not closed before the end of the file"
    default: "\(error)"
    }
  }

  /// The engine renders an unknown partial as nothing; here it is an error.
  private static func checkPartials(of source: String, known: Set<String>, path: String) throws {
    for (number, line) in source.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      for match in line.matches(of: /\{\{>\s*([^\s}*]+)\s*\}\}/) where !known.contains(String(match.1)) {
        throw Diagnostic(
          place: "\(path):\(number + 1)", "expected a partial \(match.1).mustache beside the template, found none",
          hints: ["partials here: " + known.sorted().joined(separator: ", ")], category: .badInput)
      }
    }
  }
}
