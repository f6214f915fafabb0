import Foundation
import Testing

@testable import Plot

@Suite struct PlotLibrariesTests {
  @Test func filesAreLibrariesConfigurationAndFonts() {
    let files = PlotLibraries.files
    #expect(files == PlotLibraries.files, "the same every time")
    for part in [
      "libcairo.so", "libpango-1.0.so", "libfontconfig.so", "fonts.conf", "texgyreheros-regular", "DejaVuSansMono.ttf",
    ] {
      #expect(files.contains { $0.contains(part) }, "\(part)")
    }
    #expect(files.allSatisfy { FileManager.default.fileExists(atPath: $0) })
  }

  @Test func onlySettingsOfTheLibrariesCount() {
    let settings = PlotLibraries.settings([
      "HOME": "/home/x", "PANGO_LANGUAGE": "de", "FONTCONFIG_FILE": "/f",
      "FREETYPE_PROPERTIES": "cff:no-stem-darkening=0",
    ])
    #expect(settings == ["FONTCONFIG_FILE=/f", "FREETYPE_PROPERTIES=cff:no-stem-darkening=0"])
  }
}
