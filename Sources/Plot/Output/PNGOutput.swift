import Foundation

extension OutputFormat {
  /// Opaque raster with its resolution, title and description recorded.
  static let png = OutputFormat(name: "png", fileExtension: "png") { scene, options in
    let plain = try PangoEngine.withEngine { engine in
      let surface = try CairoSurface.raster(scene.size, scale: options.dpi / 72)
      surface.paint(options.background ?? .white)
      try CairoSceneDrawing(surface: surface, engine: engine).draw(scene.items)
      try surface.verify("drawing '\(scene.title)'")
      return try surface.pngData()
    }
    let metadata = options.metadata(for: scene)
    let texts = [
      ("Title", metadata.title), ("Author", metadata.author), ("Description", metadata.subject),
      ("Software", metadata.creator),
    ]
    return PNGChunks.inserting(
      [PNGChunks.resolution(dpi: options.dpi)] + texts.filter { !$0.1.isEmpty }.map { PNGChunks.text($0.0, $0.1) },
      afterHeaderOf: plain)
  }
}

/// Chunks that Cairo does not write (PNG specification, third edition, sections 11.3.3.5 and 11.3.4.3).
enum PNGChunks {
  /// Bytes of the signature and of IHDR, which must come first.
  private static let headerLength = 8 + 25

  /// `png` with chunks after its header.
  static func inserting(_ chunks: [Data], afterHeaderOf png: Data) -> Data {
    png.prefix(headerLength) + chunks.reduce(Data(), +) + png.dropFirst(headerLength)
  }

  /// pHYs: pixels per metre.
  static func resolution(dpi: Double) -> Data {
    let perMetre = UInt32((dpi / 0.0254).rounded())
    return chunk("pHYs", bytes(perMetre) + bytes(perMetre) + [1])
  }

  /// An iTXt: UTF-8, not compressed, no language.
  static func text(_ keyword: String, _ value: String) -> Data {
    chunk("iTXt", Array(keyword.utf8) + [0, 0, 0, 0, 0] + Array(value.utf8))
  }

  private static func chunk(_ type: String, _ content: [UInt8]) -> Data {
    let body = Array(type.utf8) + content
    return Data(bytes(UInt32(content.count)) + body + bytes(checksum(body)))
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// CRC-32 as in ISO 3309.
  private static func checksum(_ body: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0xEDB8_8320 : crc >> 1 }
    }
    return ~crc
  }
}
