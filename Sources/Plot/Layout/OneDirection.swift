extension Figure {
  /// The same with colours that go from light to dark where they diverge from a light middle: greys of these tell all values apart.
  var inOneDirection: Figure {
    var figure = self
    if let scale = colorBar?.scale { figure.colorBar?.scale = scale.inOneDirection }
    switch panel.marks {
    case .cells(var marks):
      marks.scale = marks.scale.inOneDirection
      figure.panel.marks = .cells(marks)
    case .tokens(var marks):
      marks.scale = marks.scale.inOneDirection
      figure.panel.marks = .tokens(marks)
    case .multiples(var marks):
      for index in marks.panels.indices {
        marks.panels[index].marks.scale = marks.panels[index].marks.scale.inOneDirection
      }
      figure.panel.marks = .multiples(marks)
    case .entries, .bars, .lines, .stripes: break
    }
    return figure
  }
}

extension ColorScale {
  /// The same from light at the lower bound to dark at the upper one, if its map diverges.
  fileprivate var inOneDirection: ColorScale {
    guard direction == .published else { return self }
    return ColorScale(map: .magma, scale: scale, direction: .darkHigh, range: 0...0.9, below: below, above: above)
  }
}
