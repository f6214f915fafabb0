import Files
import Foundation
import Plot
import Traces
import Words

/// Turns a manifest into a gallery: pages, their assets, `manifest.json` and, when asked, `report.pdf` and a folder for LaTeX.
public enum Gallery {
  /// What to make from a gallery's content.
  public struct Forms: Sendable {
    /// A folder with `index.mustache`; nil for the program's own template.
    public var template: URL?
    /// Whether to write `index.html` and its assets.
    public var page: Bool
    /// Whether to write `gallery.html`, everything in one file.
    public var singleFile: Bool
    /// Whether to write `report.pdf`.
    public var report: Bool
    /// A folder inside the gallery's folder for LaTeX files; nil for none.
    public var latex: String?
    /// The report's sheet.
    public var paper: Paper

    /// Forms.
    public init(
      template: URL? = nil, page: Bool = true, singleFile: Bool = false, report: Bool = false, latex: String? = nil,
      paper: Paper = .a4
    ) {
      self.template = template
      self.page = page
      self.singleFile = singleFile
      self.report = report
      self.latex = latex
      self.paper = paper
    }
  }

  /// In a gallery with more figures than this, every prompt has its own page.
  package static let mostOnOnePage = 80

  /// Writes a gallery into `folder`, where the figures' files already are.
  ///
  /// Every file is complete or absent: all are written under temporary names, then renamed, `index.html` last.
  /// - Returns: The files written, paths relative to the folder.
  /// - Throws: `Diagnostic`.
  @discardableResult
  public static func write(
    _ content: GalleryContent, into folder: URL, as forms: Forms
  ) throws -> [FileRecord] {
    let manifest = content.manifest
    try manifest.check(in: folder, showsPictures: forms.page || forms.singleFile)
    let template = forms.page || forms.singleFile ? try GalleryTemplate(explicit: forms.template) : nil
    let layout = GalleryLayout(manifest)
    let reportData = forms.report ? try pdf(content, layout: layout, paper: forms.paper) : nil

    var files = StagedFiles(folder: folder)
    try files.add(path: "manifest.json") { try writeJSON(manifest, to: $0) }
    let findings = content.findings
    if !findings.rows.isEmpty {
      try files.add(path: "findings.json") { write in
        try findings.writeJSON(title: manifest.title, tool: manifest.tool, to: write)
      }
      try files.add(Data(findings.csv.utf8), path: "findings.csv")
      if let latex = findings.latex { try files.add(Data(latex.utf8), path: "findings.tex") }
    }
    if let latex = forms.latex {
      for (name, data) in try LatexFolder(content, folder: folder).files {
        try files.add(data, path: "\(latex)/\(name)")
      }
    }
    if let reportData { try files.add(reportData, path: "report.pdf") }
    if let template {
      let isSplit = template.hasParts && manifest.figures.count > mostOnOnePage
      var page = GalleryPage(
        content, layout: layout, folder: folder, reportBytes: reportData?.count, isSplit: isSplit,
        icon: template.assets["icon.svg"])
      if forms.singleFile || !isSplit { page.details = try content.wholeDetails(of: manifest.figures) }
      if forms.singleFile {
        let values = try page.single(style: template.style, script: template.script)
        try files.add(Data(template.page(values).utf8), path: "gallery.html")
      }
      if forms.page {
        for (name, data) in template.assets.sorted(by: { $0.key < $1.key }) {
          try files.add(data, path: "assets/\(name)")
        }
        for (path, picture) in page.pictures.sorted(by: { $0.key < $1.key }) {
          try files.add(Data(picture.svg.utf8), path: path)
        }
        for number in page.parts.indices {
          var part = page
          part.details = try content.wholeDetails(of: layout.sections[number].figures)
          try files.add(Data(template.part(part.part(number)).utf8), path: page.parts[number])
        }
        try files.add(Data(template.page(page.index()).utf8), path: "index.html")
      }
    }
    try files.commit()
    return files.files
  }

  private static func pdf(
    _ content: GalleryContent, layout: GalleryLayout, paper: Paper
  ) throws -> Data {
    do {
      return try PagedReport(content, layout: layout, paper: paper).pdf()
    } catch let error as PlotError {
      var problem = Diagnostic(error)
      problem.place = "report.pdf"
      throw problem
    }
  }

  /// The SHA-256 of the manifest as JSON.
  package static func digest(_ manifest: GalleryManifest) throws -> String {
    let hash = SHA256()
    try writeJSON(manifest) { $0.withUnsafeBytes { hash.update($0) } }
    return hash.finish()
  }

  /// The manifest as JSON with sorted keys.
  package static func json(_ manifest: GalleryManifest) throws -> Data {
    var data = Data()
    try writeJSON(manifest) { data += $0 }
    return data
  }

  /// The same in pieces.
  private static func writeJSON(_ manifest: GalleryManifest, to take: (Data) throws -> Void) throws {
    var head = manifest
    (head.prompts, head.figures) = ([], [])
    do {
      try LongJSON.write(
        head,
        [
          "prompts": .list(count: manifest.prompts.count) { manifest.prompts[$0] },
          "figures": .list(count: manifest.figures.count) { manifest.figures[$0] },
        ], to: take)
    } catch let error as Diagnostic {
      throw error
    } catch {
      throw Diagnostic(place: "manifest.json", "cannot be encoded: \(error)", category: .internalFault)
    }
  }
}
