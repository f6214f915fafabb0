import Foundation

extension OutputFormat {
  /// Opaque raster with its resolution, title and description recorded.
  static let png = OutputFormat(name: "png", fileExtension: "png") { scene, options in
    let image = try PangoEngine.withEngine { engine in
      let surface = try CairoSurface.raster(scene.size, scale: options.dpi / 72)
      surface.paint(options.background ?? .white)
      try CairoSceneDrawing(surface: surface, engine: engine).draw(scene.items)
      try surface.verify("drawing '\(scene.title)'")
      return try surface.pixels()
    }
    let metadata = options.metadata(for: scene)
    let texts = [
      ("Title", metadata.title), ("Author", metadata.author), ("Description", metadata.subject),
      ("Software", metadata.creator),
    ]
    let chunks =
      [PNGChunks.resolution(dpi: options.dpi)] + texts.filter { !$0.1.isEmpty }.map { PNGChunks.text($0.0, $0.1) }
    return try PNGEncoder(image).file(chunks: chunks)
  }
}
