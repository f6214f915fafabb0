import Plot
import Words

/// What the models are, once for the whole report.
struct ModelTable {
  private let manifest: GalleryManifest

  init(_ manifest: GalleryManifest) { self.manifest = manifest }

  /// Draws a row for every model.
  func draw(in flow: inout PageFlow) throws {
    guard !manifest.models.isEmpty else { return }
    try ReportTable(
      stub: [.init(title: "Model")],
      groups: [
        .init(columns: [
          .init(title: "Family"), .init(title: "Layers", isNumeric: true), .init(title: "Width", isNumeric: true),
          .init(title: "Vocabulary", isNumeric: true), .init(title: "Weights"), .init(title: "Lens"),
          .init(title: "Licence"),
        ])
      ],
      rows: manifest.models.map { model in
        [
          model.name, model.architecture, Wording.grouped(model.layers), Wording.grouped(model.width),
          Wording.grouped(model.vocabulary), model.weights, manifest.lenses(of: model).joined(separator: "; "),
          model.license ?? "not stated",
        ].map(VisibleText.inline)
      }
    ).draw(in: &flow)
  }
}

extension GalleryManifest {
  /// The lenses through which figures show a model, in words.
  func lenses(of model: Model) -> [String] {
    var names: [String] = []
    for figure in figures where figure.models.contains(model.name) || figure.model == model.name {
      let name = Wording.lensName(figure.lens(of: model.name))
      if !names.contains(name) { names.append(name) }
    }
    return names
  }
}
