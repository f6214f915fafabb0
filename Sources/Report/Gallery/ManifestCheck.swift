import Files
import Foundation
import Words

extension GalleryManifest {
  /// Checks what pages rely on: unique slugs, known prompts, paths inside the folder, existing files.
  ///
  /// - Parameter showsPictures: Whether a page shows every figure, as svg or png.
  /// - Throws: `Diagnostic` for the first fault.
  package func check(in folder: URL, showsPictures: Bool = true) throws {
    let known = Set(prompts.map(\.id) + datasets.map(\.id))
    for file in datasets.flatMap(\.results).flatMap(\.files) { try check(file, in: folder) }
    var ids: Set<String> = []
    for figure in figures {
      guard Anchors.isSlug(figure.id), Anchors.isSlug(figure.group) else {
        throw fault("figure '\(figure.id)' of group '\(figure.group)': expected slugs of a-z, 0-9 and -")
      }
      guard ids.insert(figure.id).inserted else { throw fault("two figures are called '\(figure.id)'") }
      guard known.contains(figure.prompt) else {
        throw fault("figure '\(figure.id)' belongs to prompt '\(figure.prompt)', which is not listed")
      }
      guard !figure.alt.allSatisfy(\.isWhitespace) else {
        throw fault("figure '\(figure.id)' has no alternative text")
      }
      guard !showsPictures || figure.files["svg"] ?? figure.files["png"] != nil else {
        throw fault("figure '\(figure.id)' has neither an svg nor a png file")
      }
      guard (1...100_000).contains(figure.width), (1...100_000).contains(figure.height) else {
        throw fault("figure '\(figure.id)' has the size \(figure.width) x \(figure.height)")
      }
      for (_, file) in figure.files.sorted(by: { $0.key < $1.key }) { try check(file, in: folder) }
    }
  }

  private func check(_ file: FileRecord, in folder: URL) throws {
    let parts = file.path.pathNames
    guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." || $0.contains("\0") }) else {
      throw fault("expected a path inside the gallery, found '\(file.path)'")
    }
    let path = folder.appendingPathComponent(file.path).path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
      throw Diagnostic(place: path, "the gallery lists a missing file", category: .internalFault)
    }
  }

  private func fault(_ message: String) -> Diagnostic {
    Diagnostic(place: "gallery manifest", VisibleText.inline(message), category: .internalFault)
  }
}
