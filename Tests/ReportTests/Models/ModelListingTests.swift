import Testing

@testable import Models

@Suite struct ModelListingTests {
  @Test(arguments: [
    (98_362_432, "98.4 MB"), (999_949_999, "999.9 MB"), (999_950_000, "1.0 GB"), (63_294_500_000, "63.3 GB"),
    (0, "0.0 MB"),
  ])
  func sizesAreInMegabytesOrGigabytes(bytes: Int, text: String) {
    #expect(ModelListing.size(bytes) == text)
  }
}
