import Testing

@testable import Plot

extension Venue: CustomTestStringConvertible {
  /// Its name, in the list of test cases.
  public var testDescription: String { name }
}

@Suite struct ThemeTests {
  @Test(arguments: Venue.all, Theme.Span.allCases)
  func everyVenueHasAThemeInInstalledFonts(venue: Venue, span: Theme.Span) throws {
    let theme = try Theme(venue: venue.name, span: span)
    #expect(theme.width == (span == .full ? venue.full : venue.column))
    #expect(venue.column <= venue.full && theme.height < venue.height)
    for font in [theme.titleFont(), theme.tickFont(), theme.tokenFont(bold: true)] {
      _ = try TextMeasurer.metrics(font)
    }
    #expect(theme.smallestSize >= 5 && theme.axisStroke >= 0.5)
  }

  @Test func anUnknownVenueOrATinyWidthIsAnError() {
    #expect(throws: PlotError.unknownName(kind: "venue", name: "nips", known: Venue.all.map(\.name))) {
      try Theme(venue: "nips")
    }
    #expect(throws: PlotError.badFigure("a figure may be 72 to 14400 units wide and high, found 10 x 600")) {
      try Theme(width: 10, height: 600)
    }
  }
}
