import Plot

extension PageFlow {
  /// A logo at the current height, in its own proportions, small enough to stay in the background.
  mutating func add(_ logo: Picture) {
    let scale = min(Self.largestLogo.width / logo.size.width, Self.largestLogo.height / logo.size.height, Self.pixel)
    let box = Rect(area.x, y, logo.size.width * scale, logo.size.height * scale)
    draw([.structure(.figure(alt: "Logo"), [.picture(logo, box)])])
    skip(box.height + 10)
  }

  private static let largestLogo = Size(180, 44)
  /// Of a small picture: 96 pixels an inch.
  private static let pixel = 0.75
}
