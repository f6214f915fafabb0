import Files
import Foundation
import Gallery
import Traces
import Words

/// What an earlier build wrote into a gallery that came without its record, as one does from version control.
extension BuildRecord {
  /// Files in the folder that a build wrote, as far as the gallery itself says so: those that `manifest.json` lists with their digest, and
  /// those whose names follow from it and whose contents are such as a build writes.
  ///
  /// Everything else in the folder is the author's own and stays: a manifest may be somebody else's, who names a file of the user in it.
  static func filesOfGallery(in folder: URL) -> Set<String> {
    let own = OwnFolder(folder)
    guard let data = own.bytes("manifest.json"),
      let manifest = try? JSONDecoder().decode(GalleryManifest.self, from: data),
      manifest.schema == GalleryManifest.schemaName, let present = try? own.files()
    else { return [] }
    var known: Set = ["manifest.json"]
    known.formUnion(marks.filter { path, mark in holds(mark, path, in: own) }.map(\.key))
    if isOfBuild("findings.json", in: own) { known.insert("findings.json") }
    if own.bytes("report.pdf").map({ $0.firstRange(of: Data("/Creator (strata ".utf8)) != nil }) == true {
      known.insert("report.pdf")
    }
    let listed =
      manifest.figures.flatMap(\.files.values)
      + manifest.datasets.flatMap(\.results).flatMap { [$0.json, $0.csv] + [$0.words].compactMap(\.self) }
    known.formUnion(
      listed.filter { file in isWritten(file.path) && own.bytes(file.path).map({ SHA256.hex(of: $0) }) == file.sha256 }
        .map(\.path))
    // A trace may be there although no figure of it could be drawn.
    known.formUnion(
      Slug.unique(manifest.models.flatMap { model in manifest.prompts.map { "\(model.name)-\($0.id)" } })
        .map { "traces/\($0).json" }.filter { own.bytes($0)?.starts(with: #"{"schema":"strata.trace/"#.utf8) == true })
    let assets = (try? GalleryTemplate(explicit: nil))?.assets ?? [:]
    known.formUnion(assets.filter { own.bytes("assets/\($0.key)") == $0.value }.map { "assets/\($0.key)" })
    let subjects = Set(manifest.prompts.map(\.id) + manifest.datasets.map(\.id))
    let words = LatexFolder.words(of: manifest)
    let latex = Set(present.compactMap { folderOfLatex($0, in: own) })
    let ids = Set(manifest.figures.flatMap { [$0.id, $0.group] })
    let digests = Set(listed.map(\.sha256))
    return Set(
      present.filter { path in
        if known.contains(path) { return true }
        let parts = path.pathNames
        guard parts.count == 2 else { return false }
        switch parts[0] {
        case "strips": return isStrip(String(parts[1])) && holds("<svg", path, in: own)
        case "prompts": return isPage(String(parts[1]), of: subjects) && holds(#"content="strata "#, path, in: own)
        default:
          return latex.contains(String(parts[0]))
            && isOfLatex(String(parts[1]), path, figures: ids, digests, words, in: own)
        }
      })
  }

  /// The first of the paths of a build at which something of the author stands, which the build would write over; nil for none.
  ///
  /// Only common names are looked at, of pages, reports, tables and texts for LaTeX: an author's own page may be an `index.html` too. An
  /// empty file is nobody's work.
  ///
  /// - Parameters:
  ///   - known: What an earlier build wrote here, as far as it is known.
  ///   - latex: The folder for LaTeX.
  static func authorsFile(
    among paths: some Sequence<String>, known: Set<String>, latex: String?, in folder: URL
  ) -> String? {
    let own = OwnFolder(folder)
    let manifest = own.bytes("manifest.json").flatMap { try? JSONDecoder().decode(GalleryManifest.self, from: $0) }
    let words = manifest.map { LatexFolder.words(of: $0) } ?? [:]
    return paths.sorted().first { path in
      guard !known.contains(path), own.holds(path), own.bytes(path)?.isEmpty != true else { return false }
      let parts = path.pathNames
      if parts.count == 1 { return !isOfBuild(path, in: own) }
      guard parts.count == 2, String(parts[0]) == latex, ["tex", "bib"].contains(path.split(separator: ".").last) else {
        return false
      }
      let name = String(parts[1])
      // The author's words of the spec stand here, in an older form perhaps.
      return words[name] == nil && !isOfLatex(name, path, figures: [], [], [:], in: own) && !isOurs(path, in: own)
    }
  }

  private struct Schema: Decodable { var schema: String }

  /// Whether a file of the gallery itself is such as a build writes.
  private static func isOfBuild(_ path: String, in own: OwnFolder) -> Bool {
    switch path {
    case "manifest.json", "findings.json":
      own.bytes(path).flatMap { try? JSONDecoder().decode(Schema.self, from: $0) }?.schema.hasPrefix("strata.") == true
    case "report.pdf": own.bytes(path)?.firstRange(of: Data("/Creator (strata ".utf8)) != nil
    default: marks[path].map { holds($0, path, in: own) } ?? true
    }
  }

  /// Files whose names alone would not tell that a build wrote them, each with a text among its first bytes.
  private static let marks = [
    "index.html": #"content="strata "#, "gallery.html": #"content="strata "#,
    "findings.csv": "prompt,model,last_layer,",
    "findings.tex": "% Needs \\usepackage{booktabs}",
  ]

  /// Whether a text is among the first bytes of a file.
  private static func holds(_ text: String, _ path: String, in own: OwnFolder) -> Bool {
    own.bytes(path)?.prefix(4096).firstRange(of: Data(text.utf8)) != nil
  }

  /// The folder of a path, when the path is that of the list of figures for LaTeX that a build wrote; nil otherwise.
  private static func folderOfLatex(_ path: String, in own: OwnFolder) -> String? {
    let parts = path.pathNames
    guard parts.count == 2, parts[1] == "figures.tex", Slug.isSlug(String(parts[0])), isOurs(path, in: own),
      own.bytes("\(parts[0])/strata.bib") != nil
    else { return nil }
    return String(parts[0])
  }

  /// Whether the first line is that of the program.
  private static func isOurs(_ path: String, in own: OwnFolder) -> Bool {
    guard let data = own.bytes(path) else { return false }
    return ["% strata ", "// strata ", "<!-- strata "].contains { data.starts(with: $0.utf8) }
  }

  /// Whether a file of a folder for LaTeX is one that a build wrote; a paper may stand beside these, with words of its own under such names.
  private static func isOfLatex(
    _ name: String, _ path: String, figures: Set<String>, _ digests: Set<String>, _ words: [String: Data],
    in own: OwnFolder
  ) -> Bool {
    switch name {
    case "figures.tex", "figures.typ", "tables.tex": return isOurs(path, in: own)
    case "models.tex", "findings.tex": return holds("% Needs \\usepackage{booktabs}", path, in: own)
    case "strata.bib", "strata-typst.bib": return holds("@misc{strata,", path, in: own)
    default: break
    }
    if let data = words[name] { return own.bytes(path) == data }
    guard let point = name.lastIndex(of: ".") else { return false }
    let (stem, ending) = (String(name[..<point]), String(name[name.index(after: point)...]))
    guard figures.contains(stem) else { return false }
    switch ending {
    case "pdf", "svg", "png": return own.bytes(path).map { digests.contains(SHA256.hex(of: $0)) } ?? false
    case "typ", "qmd", "tex": return isOurs(path, in: own)
    default: return false
    }
  }

  /// Whether the name is that of a strip of a subject and a model: "heathrow.gpt2.svg".
  private static func isStrip(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    return parts.count == 3 && parts[2] == "svg" && Slug.isSlug(parts[0]) && Slug.isSlug(parts[1])
  }

  /// Whether the name is that of the page of a subject, whose anchor may have a number at its end.
  private static func isPage(_ name: String, of subjects: Set<String>) -> Bool {
    guard name.hasSuffix(".html") else { return false }
    let stem = String(name.dropLast(".html".count))
    if subjects.contains(stem) { return true }
    guard let dash = stem.lastIndex(of: "-"), Int(stem[stem.index(after: dash)...]) != nil else { return false }
    return subjects.contains(String(stem[..<dash]))
  }
}
