import Foundation

/// Colours of ranks in a terminal: the better the rank the darker the cell.
public struct RankPalette: Equatable, Sendable {
  /// How many colours can be used.
  public enum Depth: Sendable {
    /// No colours.
    case none
    /// The 256 colours of most terminals.
    case indexed
    /// 24 bits.
    case full
  }
  package let depth: Depth

  /// A palette of a given depth.
  public init(depth: Depth) {
    self.depth = depth
  }

  /// The depth from the environment: NO_COLOR overrides FORCE_COLOR, which overrides the kind of stdout.
  public init(environment: [String: String], isTerminal: Bool) {
    func isSet(_ name: String) -> Bool { !(environment[name] ?? "").isEmpty }
    if isSet("NO_COLOR") {
      depth = .none
    } else if isSet("FORCE_COLOR") || (isTerminal && environment["TERM"] != "dumb") {
      depth = ["truecolor", "24bit"].contains(environment["COLORTERM"] ?? "") ? .full : .indexed
    } else {
      depth = .none
    }
  }

  /// Nine steps from the best rank to the worst (viridis, by Nathaniel Smith and Stéfan van der Walt) and their nearest colours of the 256.
  private static let steps: [(red: Int, green: Int, blue: Int, index: Int)] = [
    (68, 1, 84, 53), (71, 45, 123, 54), (59, 82, 139, 60), (44, 114, 142, 30), (33, 145, 140, 37), (40, 174, 128, 36),
    (94, 201, 98, 77), (173, 220, 48, 148), (253, 231, 37, 220),
  ]

  /// The text on the colour of a rank, `worst` being the far end of the logarithmic scale.
  package func cell(_ text: String, rank: Int?, worst: Int) -> String {
    guard depth != .none, let rank else { return text }
    let share = worst > 1 ? log10(Double(max(1, rank))) / log10(Double(worst)) : 0
    let step = Self.steps[min(Self.steps.count - 1, Int(share * Double(Self.steps.count)))]
    let isDark = 0.2126 * Double(step.red) + 0.7152 * Double(step.green) + 0.0722 * Double(step.blue) < 110
    let ink = depth == .full ? (isDark ? "38;2;255;255;255" : "38;2;0;0;0") : (isDark ? "38;5;231" : "38;5;16")
    let paper = depth == .full ? "48;2;\(step.red);\(step.green);\(step.blue)" : "48;5;\(step.index)"
    return "\u{1B}[\(ink);\(paper)m\(text)\u{1B}[0m"
  }
}
