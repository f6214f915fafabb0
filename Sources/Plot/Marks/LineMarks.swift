/// Charts of lines with bands, one below the other, over one horizontal axis.
public struct LineMarks: Equatable, Sendable {
  /// Names in the legend, in the order of their colours and dashes; at most `LineMarks.mostSeries`.
  public var series: [String]
  /// Numbers of the series on the scale of the figure's colour bar, which then gives them their colours in place of a legend.
  public var gradation: Gradation?
  /// How the lines of each series look; nil for a colour and a dash of its own for each.
  public var looks: [Look]?
  /// From top to bottom; their titles are the labels of the panel's rows.
  public var charts: [Chart]
  /// Below the lowest chart.
  public var ticks: [Tick]
  /// Below the ticks.
  public var title: String
  /// Whether names are at the ends of their lines instead of in a legend; for a single chart.
  public var namesAtEnds: Bool
  /// Series that are bars, with how these look; the others are lines.
  public var bars: [Int: BarLook] = [:]
  /// Whether a legend names even a single series.
  public var hasLegend = false

  /// Series that differ in a number, such as a training step, and have their colours by it.
  public struct Gradation: Equatable, Sendable {
    /// One for each series, in rising order.
    public var values: [Double]
    /// Its colours.
    public var scale: ColorScale
    /// A gradation.
    public init(values: [Double], scale: ColorScale) {
      self.values = values
      self.scale = scale
    }
  }

  /// How bars look, so that two sorts of bars differ in print without colours.
  public enum BarLook: Equatable, Sendable {
    /// In the colour of the series.
    case filled
    /// White, with an outline in the colour of the series.
    case hollow
  }

  /// A colour and a dash, each by its number.
  public struct Look: Equatable, Sendable {
    /// Number of the colour.
    public var color: Int
    /// Number of the dash.
    public var dash: Int
    /// A look.
    public init(color: Int, dash: Int) {
      self.color = color
      self.dash = dash
    }
  }

  /// A mark on the horizontal axis.
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
      /// From a number below 0 up to 0; lower values are drawn at the bottom, and its tick says so.
      case below(Double)
      /// From one number above 0 up to another, equal steps for equal ratios.
      case logarithmic(ClosedRange<Double>)
      /// From 0 up to a number above it; higher values are drawn at the top, and its tick says so.
      case upTo(Double)
      /// Ranks on a logarithmic scale: 1 on top, down to a limit; higher ranks are drawn at the bottom, and its tick says so.
      case ranks(Double)
      /// From a number below 0 up to the same above it; values beyond are drawn at the ends, and their ticks say so.
      case symmetric(Double)
      /// From a number up to another, with 0 between them; values beyond are drawn at the ends, and their ticks say so.
      case signed(ClosedRange<Double>)
    }
    /// What goes upwards.
    public var scale: Scale
    /// A value marked across the chart, such as the chance level.
    public var reference: Double?
    /// What that value is, written at its right end; nil for nothing.
    public var referenceName: String?
    /// In drawing order.
    public var lines: [Line]
    /// Below the lines, from left to right.
    public var bars: [Bar] = []
    /// A chart.
    public init(scale: Scale, reference: Double? = nil, referenceName: String? = nil, lines: [Line]) {
      self.referenceName = referenceName
      self.scale = scale
      self.reference = reference
      self.lines = lines
    }
  }

  /// A bar from 0 to a value.
  public struct Bar: Equatable, Sendable {
    /// Index in `series`.
    public var series: Int
    /// Its middle: 0 at the left end, 1 at the right.
    public var place: Double
    /// As a share of the chart.
    public var width: Double
    /// Where it ends.
    public var value: Double
    /// What it is, for tables: "5 MLP".
    public var name: String
    /// The ends of a line across its end; nil for none.
    public var interval: ClosedRange<Double>?
    /// A bar.
    public init(
      series: Int, place: Double, width: Double, value: Double, name: String, interval: ClosedRange<Double>? = nil
    ) {
      self.series = series
      self.place = place
      self.width = width
      self.value = value
      self.name = name
      self.interval = interval
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
      /// The name of the place for tables: the number of a layer.
      public var name: String
      /// A point.
      public init(place: Double, value: Double, low: Double, high: Double, name: String = "") {
        self.name = name
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
  public init(
    series: [String], charts: [Chart], ticks: [Tick], title: String, namesAtEnds: Bool = false, looks: [Look]? = nil
  ) {
    self.looks = looks
    self.series = series
    self.charts = charts
    self.ticks = ticks
    self.title = title
    self.namesAtEnds = namesAtEnds
  }

  /// The most lines that readers can distinguish by colour (Okabe and Ito 2008) and dash.
  public static let mostSeries = styles.count
  /// The most lines whose colours are those of numbers on a scale.
  public static let mostGraded = 1000
  /// The most lines of which some share a colour and others a dash.
  public static let mostCombined = 8

  static let styles: [(color: Color, dash: [Double])] = [
    (Color(hex: 0x111111), []), (Color(hex: 0x0072B2), [5, 1.5]), (Color(hex: 0xD55E00), [1.2, 1.2]),
    (Color(hex: 0x009E73), [6, 1.5, 1.2, 1.5]), (Color(hex: 0xCC79A7), [3, 1.5]),
    (Color(hex: 0xA36A00), [8, 1.5, 1.2, 1.5, 1.2, 1.5]),
  ]
}

extension LineMarks {
  /// How the lines of a series are drawn.
  func stroke(_ series: Int) -> Stroke { Stroke(color(series), width: 1, dash: dash(series)) }

  /// The colour of a series.
  func color(_ series: Int) -> Color {
    gradation.map { $0.scale.color(of: $0.values[series]) } ?? Self.styles[look(series).color].color
  }

  private func dash(_ series: Int) -> [Double] { gradation == nil ? Self.styles[look(series).dash].dash : [] }

  private func look(_ series: Int) -> Look {
    guard let looks, looks.indices.contains(series) else { return Look(color: series, dash: series) }
    return looks[series]
  }
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
    case .upTo(let most):
      let scale = LinearScale(upTo: most)
      let isCut = lines.flatMap(\.points).contains { $0.high > scale.maximum * (1 + 1e-9) }
      return scale.ticks.map { ($0, (isCut && $0 == scale.maximum ? "≥ " : "") + Decimal3.text($0)) }
    case .symmetric(let limit):
      let scale = LinearScale(upTo: limit)
      let values = lines.flatMap(\.points).map(\.value)
      let ends = (low: values.contains { $0 < -limit - 1e-9 }, high: values.contains { $0 > limit + 1e-9 })
      let numbers = scale.ticks.filter { $0 > 0 && $0 <= limit + 1e-9 }
      func isEnd(_ tick: Double) -> Bool { tick == numbers.last }
      return numbers.reversed().map { (-$0, (ends.low && isEnd($0) ? "≤ " : "") + "\u{2212}" + Decimal3.text($0)) }
        + [(0, "0")] + numbers.map { ($0, (ends.high && isEnd($0) ? "≥ " : "+") + Decimal3.text($0)) }
    case .signed(let range):
      let values = lines.flatMap(\.points).map(\.value) + bars.map(\.value)
      let ends = (
        low: values.contains { $0 < range.lowerBound - 1e-9 }, high: values.contains { $0 > range.upperBound + 1e-9 }
      )
      let numbers = ValueScale.linear(range).ticks
      return numbers.map { tick in
        let text = Decimal3.text(abs(tick))
        let beyond = ends.low && tick == numbers.first ? "≤ " : ends.high && tick == numbers.last ? "≥ " : ""
        return (tick, beyond + (text == "0" ? text : (tick < 0 ? "\u{2212}" : "+") + text))
      }
    case .ranks(let limit):
      let isCut = lines.flatMap(\.points).contains { $0.value > limit }
      let numbers = LogScale.roundNumbers(in: 1...limit)
      return numbers.reversed().map { number in
        (number, (isCut && number == limit ? "≥ " : "") + CountFormat.short(Int(number)))
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
    case .upTo(let most): LinearScale(upTo: most).fraction(of: value)
    case .symmetric(let limit): min(max(0.5 + value / (2 * limit), 0), 1)
    case .signed(let range): ValueScale.linear(range).fraction(of: value)
    case .ranks(let limit): 1 - ((try? LogScale(1...limit).fraction(of: value)) ?? 1)
    }
  }
}
