import Foundation

/// The header of a PNG file, read before its pixels (PNG specification, third edition, sections 5 and 11.2).
struct PNGHeader {
  let width: Int
  let height: Int
  /// Bits of a pixel in the file.
  let pixelBits: Int
  /// Bytes of compressed pixels.
  private(set) var compressed = 0

  /// The most pixels of a picture: a page of A4 at 600 dots per inch has 35 million.
  static let mostPixels = 40_000_000
  /// The most bytes that deflate can make of one (RFC 1951: 258 bytes from two bits).
  private static let largestRatio = 1032

  /// Reads the header and skips the chunks.
  ///
  /// - Throws: `PlotError.badPicture` when it is not a PNG, has too many pixels, or more than its data can yield.
  init(_ data: Data) throws(PlotError) {
    let bytes = [UInt8](data.prefix(29))
    guard bytes.count == 29, bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
      bytes[12..<16].elementsEqual("IHDR".utf8)
    else { throw .badPicture("expected a PNG picture, found something else") }
    func number(_ place: Int) -> Int { bytes[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) } }
    (width, height) = (number(16), number(20))
    let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][Int(bytes[25])] ?? 0
    pixelBits = channels * Int(bytes[24])
    guard width > 0, height > 0, width < 1 << 31, height < 1 << 31, [1, 2, 4, 8, 16].contains(bytes[24]), channels > 0
    else { throw .badPicture("the header of the PNG is damaged") }
    guard width * height <= Self.mostPixels else {
      throw .badPicture("the picture has \(width) x \(height) pixels, expected at most \(Self.mostPixels) in all")
    }
    var place = data.startIndex + 8
    while place + 12 <= data.endIndex {
      let length = data[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
      if data[(place + 4)..<(place + 8)].elementsEqual("IDAT".utf8) { compressed += min(length, data.count) }
      place += 12 + length
    }
    let raw = height * ((width * pixelBits + 7) / 8)
    guard raw / Self.largestRatio <= compressed else {
      throw .badPicture("the PNG has \(compressed) bytes for \(width) x \(height) pixels, which are too few")
    }
  }
}
