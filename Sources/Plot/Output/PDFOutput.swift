extension OutputFormat {
  /// Vector PDF of one page, fonts embedded.
  static let pdf = OutputFormat(name: "pdf", fileExtension: "pdf") { scene, options in
    var page = scene
    if let background = options.background {
      let whole = Rect(0, 0, scene.size.width, scene.size.height)
      page.items.insert(.rectangle(whole, fill: background, stroke: nil, cornerRadius: 0), at: 0)
    }
    // One element for the whole picture, so that a screen reader reads its alternative text.
    page.items = [.structure(.figure(alt: scene.description), page.items)]
    return try PDFDocument(pages: [page], outline: [], metadata: options.metadata(for: scene)).data()
  }
}
