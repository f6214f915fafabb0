import CZlib
import Foundation

/// What a PNG file holds besides its pixels (PNG specification, third edition, section 5).
public struct PictureRest: Sendable {
  /// The chunks without pixels, in the file's order.
  public let chunks: [Chunk]
  /// Bytes behind the end of the pixels or of the picture, which no program shows.
  public let hiddenBytes: Int

  /// A part of the file that describes the picture.
  public struct Chunk: Equatable, Sendable {
    /// Four letters: "iTXt".
    public let type: String
    /// Its content.
    public let content: Data
  }

  /// Reads the chunks of a file, and its pixels as far as needed to find their end.
  ///
  /// - Throws: `PlotError.badPicture` when a chunk is cut, and `PlotError.zlib` when the pixels are damaged.
  public init(of png: Data) throws(PlotError) {
    var chunks: [Chunk] = []
    var pixels = Data()
    var place = png.startIndex + 8
    var isEnded = false
    while !isEnded {
      guard png.endIndex - place >= 12 else { throw .badPicture("the PNG ends in the middle of a chunk") }
      let length = png[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
      guard png.endIndex - place - 12 >= length else { throw .badPicture("the PNG ends in the middle of a chunk") }
      let type = String(decoding: png[(place + 4)..<(place + 8)], as: UTF8.self)
      let content = png[(place + 8)..<(place + 8 + length)]
      place += 12 + length
      if type == "IDAT" { pixels += content } else { chunks.append(Chunk(type: type, content: Data(content))) }
      isEnded = type == "IEND"
    }
    self.chunks = chunks
    let header = try PNGHeader(png)
    // A byte before each row names its filter. In an interlaced picture, which no build writes, rows are more.
    let shown = header.height * (1 + (header.width * header.pixelBits + 7) / 8)
    hiddenBytes = png.endIndex - place + (try Self.hidden(in: pixels, behind: shown))
  }

  /// The bytes of a zlib stream beyond the first `shown` that it holds, and those behind its end.
  ///
  /// What lies beyond is not unpacked: a few bytes can stand for very many.
  private static func hidden(in data: Data, behind shown: Int) throws(PlotError) -> Int {
    var stream = z_stream()
    let started = inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard started == Z_OK else { throw .zlib(code: started) }
    defer { inflateEnd(&stream) }
    var input = [UInt8](data)
    var output = [UInt8](repeating: 0, count: 1 << 16)
    let status = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        var status = Z_OK
        while status == Z_OK, stream.total_out <= shown {
          stream.next_out = output.baseAddress
          stream.avail_out = UInt32(output.count)
          status = inflate(&stream, Z_NO_FLUSH)
        }
        return status
      }
    }
    let beyond = max(0, Int(stream.total_out) - shown)
    guard status == Z_STREAM_END || status == Z_OK && beyond > 0 else { throw .zlib(code: status) }
    return Int(stream.avail_in) + beyond
  }
}
