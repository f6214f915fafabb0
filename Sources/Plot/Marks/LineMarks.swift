/// Charts of lines with bands, one below the other over the same axis across.
public struct LineMarks: Equatable, Sendable {
  /// Names in the legend, in the order of their colours and dashes; at most `LineMarks.mostSeries`.
  public var series: [String]
  /// From top to bottom; their titles are the labels of the panel's rows.
  public var charts: [Chart]
  /// Below the lowest chart.
  public var ticks: [Tick]
  /// Below the ticks.
  public var title: String

  /// A mark on the axis across.
  public struct Tick: Equatable, Sendable {
    /// 0 at the left end, 1 at the right.
    public var place: Double
    /// Its label.
    public var label: String
    /// A tick.
    public init(place: Double, label: String) {
      self.place = place
      self.label = label
    }
  }

  /// One chart.
  public struct Chart: Equatable, Sendable {
    /// What goes upwards.
    public enum Scale: Equatable, Sendable {
      /// 0 to 1, written as percent.
      case share
      /// From a number below 0 up to 0; what is below is drawn at the bottom, whose tick says so.
      case below(Double)
      /// From one number above 0 up to another, equal steps for equal ratios.
      case logarithmic(ClosedRange<Double>)
    }
    /// What goes upwards.
    public var scale: Scale
    /// A value marked across the chart, such as that of guessing.
    public var reference: Double?
    /// In drawing order.
    public var lines: [Line]
    /// A chart.
    public init(scale: Scale, reference: Double? = nil, lines: [Line]) {
      self.scale = scale
      self.reference = reference
      self.lines = lines
    }
  }

  /// A line with its band.
  public struct Line: Equatable, Sendable {
    /// Index in `series`.
    public var series: Int
    /// From left to right.
    public var points: [Point]
    /// Whether every point is marked by a dot: for measurements at a few places.
    public var hasDots: Bool
    /// A point of a line.
    public struct Point: Equatable, Sendable {
      /// 0 at the left end, 1 at the right.
      public var place: Double
      /// The line.
      public var value: Double
      /// Lower edge of the band.
      public var low: Double
      /// Upper edge of the band.
      public var high: Double
      /// A point.
      public init(place: Double, value: Double, low: Double, high: Double) {
        self.place = place
        self.value = value
        self.low = low
        self.high = high
      }
    }
    /// A line.
    public init(series: Int, points: [Point], hasDots: Bool = false) {
      self.series = series
      self.points = points
      self.hasDots = hasDots
    }
  }

  /// Charts.
  public init(series: [String], charts: [Chart], ticks: [Tick], title: String) {
    self.series = series
    self.charts = charts
    self.ticks = ticks
    self.title = title
  }

  /// So many lines can be told apart, by colour (Okabe and Ito 2008) and by dash.
  public static let mostSeries = styles.count

  static let styles: [(color: Color, dash: [Double])] = [
    (Color(hex: 0x111111), []), (Color(hex: 0x0072B2), [5, 1.5]), (Color(hex: 0xD55E00), [1.2, 1.2]),
    (Color(hex: 0x009E73), [6, 1.5, 1.2, 1.5]), (Color(hex: 0xCC79A7), [3, 1.5]),
    (Color(hex: 0xA36A00), [8, 1.5, 1.2, 1.5, 1.2, 1.5]),
  ]
}

extension LineMarks.Chart {
  /// Values with their labels, lowest first.
  var ticks: [(value: Double, label: String)] {
    switch scale {
    case .share: return [0, 0.25, 0.5, 0.75, 1].map { ($0, "\(Int($0 * 100)) %") }
    case .below(let lowest):
      let scale = LinearScale(upTo: -lowest)
      let isCut = lines.flatMap(\.points).contains { $0.value < -scale.maximum }
      return scale.ticks.reversed().map { tick in
        let number = tick == 0 ? "0" : "\u{2212}" + Decimal3.text(tick)
        return (-tick, isCut && tick == scale.maximum ? "≤ " + number : number)
      }
    case .logarithmic(let domain):
      return LogScale.roundNumbers(in: domain).map { ($0, $0 < 1000 ? Decimal3.text($0) : CountFormat.full(Int($0))) }
    }
  }

  /// How far up a value lies, 0...1.
  func fraction(of value: Double) -> Double {
    switch scale {
    case .share: min(max(value, 0), 1)
    case .below(let lowest): 1 - LinearScale(upTo: -lowest).fraction(of: -value)
    case .logarithmic(let domain): (try? LogScale(domain).fraction(of: value)) ?? 0
    }
  }
}
