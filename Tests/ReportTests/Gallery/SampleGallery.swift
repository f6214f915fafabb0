import Engine
import Foundation
import Plot
import Traces

@testable import Files
@testable import Gallery
@testable import Words

/// A gallery of stand-in figures: manifests and the files they list.
enum SampleGallery {
  static let hash = String(repeating: "0123456789abcdef", count: 4)

  static func model(_ name: String, reference: String = "some-model", layers: Int = 18) -> GalleryManifest.Model {
    GalleryManifest.Model(
      name: name, reference: reference, architecture: "gemma3", layers: layers, width: 640, vocabulary: 262_144,
      weights: "Q4_K", license: "Gemma", source: "https://example.org/\(reference)", sha256: hash,
      files: [.init(path: "\(reference).gguf", bytes: 253_000_000, sha256: hash)])
  }

  static func prompt(_ id: String, _ text: String, generate: Int = 1, watch: [Watched] = []) -> GalleryManifest.Prompt {
    GalleryManifest.Prompt(id: id, text: text, method: .generate(generate), watch: watch)
  }

  static func figure(
    _ id: String, prompt: String, model: String, kind: String = "rank-heatmap", width: Double = 396,
    height: Double = 280,
    output: String? = " London"
  ) -> GalleryManifest.Figure {
    GalleryManifest.Figure(
      id: id, group: "\(Slug.make(prompt))-\(kind)", kind: kind, prompt: prompt, model: model,
      title: kind == "rank-heatmap" ? "Rank of each output token after every layer" : "Most probable tokens by layer",
      caption: "Rank of “ London” at the last position of prompt \(prompt) after each layer of \(model). "
        + "Normed logit lens; rank 1 is the model’s first choice.",
      alt: "Heat map of ranks: “ London” is 15th three layers before the end and first in the last.",
      lens: Trace.Lens(kind: .logit, norm: .final), compute: "f32", width: width, height: height, files: [:],
      output: output)
  }

  static func manifest(
    title: String = "Finding the words to say", models: [GalleryManifest.Model], prompts: [GalleryManifest.Prompt],
    figures: [GalleryManifest.Figure], failures: [GalleryManifest.Failure] = [], warnings: [String] = []
  ) -> GalleryManifest {
    GalleryManifest(
      schema: GalleryManifest.schemaName, title: title, tool: "strata 0.1.0", specSHA256: hash, models: models,
      prompts: prompts, figures: figures, failures: failures, warnings: warnings)
  }

  /// Two models, two prompts, a comparison each.
  static let small = manifest(
    models: [
      model("SmolLM2 135M", reference: "smollm2-135m", layers: 30), model("Gemma 3 270M", reference: "gemma-3-270m"),
    ],
    prompts: [
      prompt("heathrow", "Heathrow airport is located in the city of"),
      prompt("keys", "The keys to the cabinet", generate: 0, watch: [" is", " are"]),
    ],
    figures: ["heathrow", "keys"].flatMap { prompt in
      [
        figure("\(prompt)-heat-smol", prompt: prompt, model: "SmolLM2 135M"),
        figure("\(prompt)-heat-gemma", prompt: prompt, model: "Gemma 3 270M"),
      ]
    })

  /// Writes the figures' files into `folder` and returns the manifest that lists them.
  static func stage(_ manifest: GalleryManifest, in folder: URL) throws -> GalleryManifest {
    var staged = manifest
    let figures = folder.appendingPathComponent("figures")
    try FileManager.default.createDirectory(at: figures, withIntermediateDirectories: true)
    for index in staged.figures.indices {
      let figure = staged.figures[index]
      let contents = ["svg": Data(picture(figure).utf8), "png": pixel, "pdf": Data("%PDF-1.5\n".utf8)]
      for (format, data) in contents {
        let path = "figures/\(figure.id).\(format)"
        try data.write(to: folder.appendingPathComponent(path))
        staged.figures[index].files[format] = FileRecord(path: path, bytes: data.count, sha256: hash)
      }
    }
    return staged
  }

  /// A heat map without meaning, of the figure's size.
  private static func picture(_ figure: GalleryManifest.Figure) -> String {
    let columns = max(1, Int(figure.width / 26))
    let rows = max(1, Int(figure.height / 14))
    var cells = ""
    for row in 0..<rows {
      for column in 0..<columns {
        let light = 30 + 65 * (rows - row) / rows - (row * 7 + column * 13) % 9
        cells +=
          "<rect x=\"\(column * 26)\" y=\"\(row * 14)\" width=\"25\" height=\"13\" fill=\"hsl(215,45%,\(light)%)\"/>"
      }
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(figure.width)pt" height="\(figure.height)pt" \
      viewBox="0 0 \(figure.width) \(figure.height)">\(cells)</svg>
      """
  }

  /// The figures of a manifest as scenes: a heat map without meaning, of the figure's size.
  static func scenes(_ manifest: GalleryManifest) -> [String: Scene] {
    var scenes: [String: Scene] = [:]
    for figure in manifest.figures {
      let size = Size(figure.width, figure.height)
      let columns = max(1, Int(size.width / 26))
      let rows = max(1, Int(size.height / 14))
      var items: [SceneItem] = [
        .rectangle(Rect(0, 0, size.width, size.height), fill: .white, stroke: nil, cornerRadius: 0)
      ]
      for index in 0..<(rows * columns) {
        let (row, column) = (index / columns, index % columns)
        let dark = Double(row) / Double(rows)
        items.append(
          .rectangle(
            Rect(Double(column) * 26, Double(row) * 14, 25, 13),
            fill: Color(red: 0.9 - 0.7 * dark, green: 0.95 - 0.6 * dark, blue: 1 - 0.4 * dark), stroke: nil,
            cornerRadius: 0))
      }
      scenes[figure.id] = Scene(size: size, title: figure.title, description: figure.alt, items: items)
    }
    return scenes
  }

  /// One white pixel.
  private static let pixel =
    Data(
      base64Encoded:
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAG7buVgAAAABJRU5ErkJggg==") ?? Data()
}

/// New folders for one test, removed after it.
final class SampleFolders {
  private var folders: [URL] = []

  /// A new folder under the temporary one.
  func new() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("strata-gallery-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    folders.append(folder)
    return folder
  }

  deinit {
    for folder in folders { try? FileManager.default.removeItem(at: folder) }
  }
}
