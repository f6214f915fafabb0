import CZlib
import Foundation
import Threads

/// Encodes pixels as a PNG file, strips of rows side by side on several threads.
///
/// The strips are parts of one zlib stream (RFC 1950, 1951): each ends on a byte boundary, may refer back to earlier data,
/// and does not depend on how the others were made. Where they begin depends on the width alone, so the bytes are the same
/// for any number of threads.
struct PNGEncoder {
  private let image: PixelImage
  private let rowBytes: Int
  private let stripRows: Int

  /// Large enough for the compressor to find repetitions, small enough to share among cores.
  private static let stripBytes = 1 << 18
  /// How far deflate can refer back.
  private static let window = 1 << 15
  /// Half the time of zlib's usual 6, files about a quarter larger: of a large heatmap with numbers 287 kB instead of 226.
  private static let level: Int32 = 2

  private enum Filter {
    static let none: UInt8 = 0
    static let up: UInt8 = 2
  }

  init(_ image: PixelImage) {
    self.image = image
    rowBytes = 1 + 3 * image.width
    stripRows = max(1, Self.stripBytes / rowBytes)
  }

  /// The file, with `chunks` after its header.
  ///
  /// - Throws: `PlotError.zlib` when zlib has no memory.
  func file(chunks: [Data], threads: Int = Parallel.cores) throws -> Data {
    let count = (image.height + stripRows - 1) / stripRows
    let strips = try Parallel.tryMap(count, threads: threads) { try strip($0, isLast: $0 == count - 1) }
    var checksum = adler32(0, nil, 0)
    for strip in strips { checksum = adler32_combine(checksum, strip.checksum, strip.bytes) }
    var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    file.reserveCapacity(strips.reduce(4096) { $0 + $1.chunk.count })
    // 8 bits each of red, green and blue; no interlacing.
    file += PNGChunks.chunk(
      "IHDR",
      PNGChunks.bytes(UInt32(image.width)) + PNGChunks.bytes(UInt32(image.height)) + [8, 2, 0, 0, 0])
    for chunk in chunks { file += chunk }
    // A window of 32 kB, fast compression.
    file += PNGChunks.chunk("IDAT", [0x78, 0x5E])
    for strip in strips { file += strip.chunk }
    file += PNGChunks.chunk("IDAT", PNGChunks.bytes(UInt32(checksum)))
    file += PNGChunks.chunk("IEND", [])
    return file
  }

  /// A part of the stream.
  private struct Strip: Sendable {
    /// The IDAT that holds it.
    var chunk: Data
    /// Adler-32 of what it stands for.
    var checksum: UInt
    /// Length of what it stands for.
    var bytes: Int
  }

  private func strip(_ index: Int, isLast: Bool) throws -> Strip {
    let first = index * stripRows
    let end = min(image.height, first + stripRows)
    // The preceding rows are the compressor's dictionary, as in a single stream.
    let before = min(first, (Self.window + rowBytes - 1) / rowBytes)
    let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: (end - first + before) * rowBytes)
    defer { buffer.deallocate() }
    guard let base = buffer.baseAddress else { throw PlotError.zlib(code: Z_MEM_ERROR) }
    filter(rows: (first - before)..<end, into: base)
    let seen = before * rowBytes
    let known = min(seen, Self.window)
    let compressed = try Self.deflated(
      base + seen, count: buffer.count - seen, after: base + seen - known, known: known, isLast: isLast)
    return Strip(
      chunk: PNGChunks.chunk("IDAT", compressed),
      checksum: adler32(adler32(0, nil, 0), base + seen, UInt32(buffer.count - seen)), bytes: buffer.count - seen)
  }

  /// Rows with PNG filters: a row equal to the one above as the difference, which is all zeros, other rows unfiltered.
  ///
  /// Figures are flat areas and letters; trying more filters costs several times as much and hardly makes them smaller.
  private func filter(rows: Range<Int>, into base: UnsafeMutablePointer<UInt8>) {
    var above = [UInt8](repeating: 0, count: rowBytes - 1)
    let count = rowBytes - 1
    above.withUnsafeMutableBufferPointer { above in
      guard let above = above.baseAddress else { return }
      if rows.lowerBound > 0 { image.copyRow(rows.lowerBound - 1, to: above) }
      for row in rows {
        let place = base + (row - rows.lowerBound) * rowBytes
        image.copyRow(row, to: place + 1)
        if row > 0, memcmp(place + 1, above, count) == 0 {
          place[0] = Filter.up
          memset(place + 1, 0, count)
        } else {
          place[0] = Filter.none
          memcpy(above, place + 1, count)
        }
      }
    }
  }

  private static func deflated(
    _ bytes: UnsafeMutablePointer<UInt8>, count: Int, after dictionary: UnsafeMutablePointer<UInt8>, known: Int,
    isLast: Bool
  ) throws -> [UInt8] {
    var stream = z_stream()
    // A negative window: no header and no checksum, which belong to the whole stream.
    let started = deflateInit2_(
      &stream, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard started == Z_OK else { throw PlotError.zlib(code: started) }
    defer { deflateEnd(&stream) }
    if known > 0 {
      let taken = deflateSetDictionary(&stream, dictionary, UInt32(known))
      guard taken == Z_OK else { throw PlotError.zlib(code: taken) }
    }
    // The bound is for a whole stream; ending on a byte boundary takes a few bytes more.
    let bound = Int(deflateBound(&stream, UInt(count))) + 64
    var failure = Z_OK
    let output = [UInt8](unsafeUninitializedCapacity: bound) { output, written in
      stream.next_in = bytes
      stream.avail_in = UInt32(count)
      stream.next_out = output.baseAddress
      stream.avail_out = UInt32(bound)
      let code = deflate(&stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
      written = bound - Int(stream.avail_out)
      if code != (isLast ? Z_STREAM_END : Z_OK) {
        failure = code < 0 ? code : Z_BUF_ERROR
      } else if stream.avail_in != 0 || stream.avail_out == 0 {
        failure = Z_BUF_ERROR
      }
    }
    guard failure == Z_OK else { throw PlotError.zlib(code: failure) }
    return output
  }
}

/// Chunks of a PNG (PNG specification, third edition, sections 5.3, 11.3.3.5 and 11.3.4.3).
enum PNGChunks {
  /// pHYs: pixels per metre.
  static func resolution(dpi: Double) -> Data {
    let perMetre = UInt32((dpi / 0.0254).rounded())
    return chunk("pHYs", bytes(perMetre) + bytes(perMetre) + [1])
  }

  /// An iTXt: UTF-8, not compressed, no language.
  static func text(_ keyword: String, _ value: String) -> Data {
    chunk("iTXt", Array(keyword.utf8) + [0, 0, 0, 0, 0] + Array(value.utf8))
  }

  /// Length, type, content and CRC-32 of the latter two.
  static func chunk(_ type: String, _ content: [UInt8]) -> Data {
    let name = Array(type.utf8)
    var checksum = crc32(crc32(0, nil, 0), name, UInt32(name.count))
    // With no content zlib would restart the checksum.
    if !content.isEmpty { checksum = crc32(checksum, content, UInt32(content.count)) }
    var chunk = Data(capacity: content.count + 12)
    chunk.append(contentsOf: bytes(UInt32(content.count)))
    chunk.append(contentsOf: name)
    chunk.append(contentsOf: content)
    chunk.append(contentsOf: bytes(UInt32(checksum)))
    return chunk
  }

  /// Most significant byte first.
  static func bytes(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
