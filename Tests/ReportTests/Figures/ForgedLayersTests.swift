import Testing
import Traces

@testable import Figures

/// Numbers of a model that claims more layers than there are: a figure costs what the numbers hold.
@Suite(.timeLimit(.minutes(1))) struct ForgedLayersTests {
  @Test(arguments: FigureKind.all) func aFigureCostsNoMoreThanTheLayersThereAre(kind: FigureKind) throws {
    let numbers = kind.sample.map { numbers -> Numbers in
      switch numbers {
      case .trace(var trace):
        trace.model.layers = 2_000_000_000
        return .trace(trace)
      case .summary(var summary):
        summary.model.layers = 2_000_000_000
        return .summary(summary)
      }
    }
    let byHead: [[String: OptionValue]] = kind.name == "attribution" ? [[:], ["by": .text("head")]] : [[:]]
    for options in byHead {
      // Some kinds refuse what contradicts itself; none may take long.
      _ = try? FigureRecipes().draw(kind.name, numbers, options: options, style: FigureStyle())
    }
  }

  @Test func layersAreCountedInTheRows() {
    var trace = SampleTraces.trace(layers: 3, columns: 2)
    #expect(trace.heldLayers == 3)
    trace.model.layers = 2_000_000_000
    #expect(trace.heldLayers == 3)
    trace.rows = []
    #expect(trace.heldLayers == 0)
  }
}
