import Foundation
import Testing

@testable import Plot

/// Pictures that are refused before their pixels are read.
@Suite struct PNGHeaderTests {
  private func picture(_ width: UInt32, _ height: UInt32, depth: UInt8 = 8, color: UInt8 = 2, bytes: Int) -> Data {
    Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
      + PNGChunks.chunk("IHDR", PNGChunks.bytes(width) + PNGChunks.bytes(height) + [depth, color, 0, 0, 0])
      + PNGChunks.chunk("IDAT", [UInt8](repeating: 0, count: bytes)) + PNGChunks.chunk("IEND", [])
  }

  private func message(_ data: Data) -> String? {
    do throws(PlotError) {
      _ = try PNGHeader(data)
      return nil
    } catch { return error.message }
  }

  @Test func saysHowLargeThePictureIs() throws {
    let header = try PNGHeader(picture(4960, 7016, bytes: 200_000))
    #expect(header.width == 4960 && header.height == 7016 && header.pixelBits == 24 && header.compressed == 200_000)
  }

  @Test func refusesMorePixelsThanAnyPageHas() {
    #expect(
      message(picture(16_000, 16_000, depth: 1, color: 0, bytes: 30_000))
        == "the picture has 16000 x 16000 pixels, expected at most 40000000 in all")
    #expect(
      message(picture(0x7FFF_FFFF, 0x7FFF_FFFF, bytes: 30))
        == "the picture has 2147483647 x 2147483647 pixels, expected at most 40000000 in all")
  }

  @Test func refusesPixelsThatTheDataCannotHold() {
    #expect(
      message(picture(5000, 5000, bytes: 3000)) == "the PNG has 3000 bytes for 5000 x 5000 pixels, which are too few")
  }

  @Test func refusesWhatIsNoPNG() {
    #expect(message(Data()) == "expected a PNG picture, found something else")
    let text = Data("no picture, though it is long enough".utf8)
    #expect(message(text) == "expected a PNG picture, found something else")
    for (depth, color) in [(3, 0), (8, 5), (0, 2), (255, 255)] as [(UInt8, UInt8)] {
      #expect(message(picture(1, 1, depth: depth, color: color, bytes: 9)) == "the header of the PNG is damaged")
    }
    #expect(message(picture(0, 1, bytes: 9)) == "the header of the PNG is damaged")
    for count in 0..<60 { _ = message(picture(1, 1, bytes: 20).prefix(count)) }
  }
}
