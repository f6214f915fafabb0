import Files
import Foundation
import Mustache
import Plot
import Templates
import Traces
import Words

/// A folder of a gallery template: `index.mustache`, its partials (every other `.mustache`), and assets (everything else).
package struct GalleryTemplate {
  /// Assets by file name; they go to `assets/`.
  package var assets: [String: Data]
  private var library: MustacheLibrary
  private var root: MustacheTemplate
  /// The page of one prompt, if the template has one: a large gallery is then split into pages.
  private var partRoot: MustacheTemplate?

  /// Finds and reads a template: `explicit` if given, else the one beside the program, else the built-in one.
  /// - Throws: `Diagnostic` when there is no template, or when it has mistakes.
  package init(explicit: URL?) throws {
    try self.init(folder: try Self.folder(explicit: explicit), isOwn: explicit == nil)
  }

  /// One SHA-256 for all files of the template that `init` would read.
  /// - Throws: `Diagnostic` when there is no template; mistakes in it are not noticed.
  package static func digest(explicit: URL?) throws -> String {
    SHA256.combined(
      try contents(of: try folder(explicit: explicit), isOwn: explicit == nil).map {
        (name: $0.name, digest: SHA256.hex(of: $0.data))
      })
  }

  private static func folder(explicit: URL?) throws -> URL {
    let places = explicit.map { [$0] } ?? Self.places()
    let files = FileManager.default
    guard
      let folder = places.first(where: { files.fileExists(atPath: $0.appendingPathComponent("index.mustache").path) })
    else {
      throw Diagnostic(
        place: explicit?.path, "expected a gallery template with index.mustache, found none",
        hints: ["looked in " + places.map(\.path).joined(separator: ", ")], category: .badInput)
    }
    return folder
  }

  /// The files of a template, by name.
  ///
  /// - Parameter isOwn: Whether it came with the program, whose files may be links; a template that a spec names is copied into galleries, and
  ///   a link in it could lead to anything.
  private static func contents(of folder: URL, isOwn: Bool) throws -> [(name: String, data: Data)] {
    guard isOwn else {
      let own = OwnFolder(folder)
      return try own.files().filter { !$0.hasSlash }.map { name in
        switch own.read(name) {
        case .bytes(let data): return (name, data)
        case .other(let what):
          throw Diagnostic(
            place: folder.appendingPathComponent(name).path, "expected a plain file of the template, found \(what)",
            hints: ["put the file itself there"], category: .badInput)
        }
      }
    }
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      return try names.filter { !$0.hasPrefix(".") }.compactMap { name in
        let file = folder.appendingPathComponent(name)
        guard FileState(path: file.path)?.isFolder == false else { return nil }
        return (name, try Data(contentsOf: file))
      }
    } catch {
      throw Diagnostic(
        place: folder.path, "the template cannot be read: \(error.localizedDescription)", category: .badInput)
    }
  }

  /// The places searched for a template, first to last.
  private static func places() -> [URL] {
    let beside = Installation.places.map { $0.appendingPathComponent("templates/gallery") }
    return beside + (Templates.bundled.map { [$0.appendingPathComponent("gallery")] } ?? [])
  }

  /// The largest `.mustache` file, bytes; those of the program have a few thousand.
  private static let largestFile = 4 << 20

  private init(folder: URL, isOwn: Bool) throws {
    assets = [:]
    library = MustacheLibrary()
    var sources: [String: String] = [:]
    for (name, data) in try Self.contents(of: folder, isOwn: isOwn) {
      if name.hasSuffix(".mustache") {
        guard data.count <= Self.largestFile else {
          throw Diagnostic(
            place: folder.appendingPathComponent(name).path,
            "expected a template file of at most \(Self.largestFile) bytes, found \(data.count)",
            hints: ["put long text into the spec, and styles and scripts into files of their own"], category: .badInput)
        }
        sources[String(name.dropLast(".mustache".count))] = String(decoding: data, as: UTF8.self)
      } else if !name.hasSuffix(".md") {
        assets[name] = data
      }
    }

    let structure = try TemplateStructure(sources, folder: folder)
    var parsed: [String: MustacheTemplate] = [:]
    for (name, source) in sources.sorted(by: { $0.key < $1.key }) {
      let path = folder.appendingPathComponent(name + ".mustache").path
      let template = try Self.parse(source, path: path)
      library.register(template, named: name)
      parsed[name] = template
    }
    // The engine renders an unknown partial as empty text, and one that includes itself until memory is exhausted.
    try structure.check()
    guard let index = parsed["index"] else {
      throw Diagnostic(place: folder.path, "expected index.mustache, found none", category: .badInput)
    }
    root = index
    partRoot = parsed["part"]
  }

  /// Whether a gallery can have several pages.
  var hasParts: Bool { partRoot != nil }

  /// All style sheets, one after another, for a single-file page.
  package var style: String { joined(".css") }

  /// All scripts, one after another, for a single-file page.
  var script: String { joined(".js") }

  private func joined(_ ending: String) -> String {
    assets.filter { $0.key.hasSuffix(ending) }.sorted { $0.key < $1.key }
      .map { String(decoding: $0.value, as: UTF8.self) }.joined(separator: "\n")
  }

  /// The page of one prompt for `values`.
  func part(_ values: TemplateValue) -> String {
    (partRoot ?? root).render(values.context, library: library)
  }

  /// The page for `values`.
  package func page(_ values: TemplateValue) -> String { root.render(values.context, library: library) }

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
    case .sectionCloseNameIncorrect: "this closes a section other than the open one"
    case .unfinishedName: "expected }} after a name"
    case .expectedSectionEnd: "a section is not closed before the end of the file"
    default: "\(error)"
    }
  }
}
