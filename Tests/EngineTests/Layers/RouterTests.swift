import Foundation
import Testing

@testable import Engine

/// Choices and weights of experts, against numbers that follow from the definitions.
@Suite struct RouterTests {
  /// The softmax of these logits is 0.1, 0.4, 0.2, 0.3.
  private let logits = [1, 4, 2, 3].map { logf($0) }

  private func router(_ scores: Router.Scores, chosen: Int = 2, change: (inout Router) -> Void = { _ in }) -> Router {
    let matrix = FloatMatrix(rows: 1, columns: 1)
    var router = Router(
      projection: Projection(weights: WeightMatrix(matrix, name: "router")), scores: scores, chosen: chosen)
    change(&router)
    return router
  }

  private func expect(_ router: Router, _ logits: [Float], _ expected: [(expert: Int, weight: Double)]) {
    let shares = router.shares(logits)
    #expect(shares.map(\.expert) == expected.map(\.expert))
    for (share, expected) in zip(shares, expected) {
      #expect(abs(Double(share.weight) - expected.weight) < 1e-6, "expert \(share.expert): \(share.weight)")
    }
  }

  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  @Test func theSoftmaxOverAllExpertsIsKeptAsItIs() { expect(router(.softmax), logits, [(1, 0.4), (3, 0.3)]) }

  @Test func weightsAreDividedByTheirSum() {
    expect(router(.softmax) { $0.normalisation = .sum(plus: 0) }, logits, [(1, 4 / 7.0), (3, 3 / 7.0)])
    expect(router(.softmax) { $0.normalisation = .sum(plus: 0.3) }, logits, [(1, 0.4), (3, 0.3)])
    expect(router(.softmax) { $0.normalisation = .sumAtLeast(0.1) }, logits, [(1, 4 / 7.0), (3, 3 / 7.0)])
    expect(router(.softmax) { $0.normalisation = .sumAtLeast(2) }, logits, [(1, 0.2), (3, 0.15)])
  }

  @Test func theSoftmaxOverTheChosenExpertsSumsToOne() {
    expect(router(.softmaxOfChosen), logits, [(1, 4 / 7.0), (3, 3 / 7.0)])
  }

  @Test func aFunctionOfEachLogitIsItsWeight() {
    expect(router(.each(.sigmoid)), [0, 2, -1, 1], [(1, sigmoid(2)), (3, sigmoid(1))])
    let root = { (x: Double) in log1p(exp(x)).squareRoot() }
    expect(router(.each(.rootSoftplus)), [0, 2, -1, 1], [(1, root(2)), (3, root(1))])
  }

  @Test func aCorrectionCountsForTheChoiceOnly() {
    let corrected = router(.each(.sigmoid)) { $0.correction = [0, -0.9, 0.8, 0] }
    expect(corrected, [0, 2, -1, 1], [(2, sigmoid(-1)), (3, sigmoid(1))])
    expect(router(.softmax) { $0.correction = [0.35, 0, 0, 0] }, logits, [(0, 0.1), (1, 0.4)])
  }

  @Test func aCorrectionOfLogitsIsAddedBeforeTheirFunction() {
    let corrected = router(.each(.sigmoid)) {
      $0.correction = [0, -2.5, 3, 0]
      $0.correctsLogits = true
    }
    expect(corrected, [0, 2, -1, 1], [(2, sigmoid(-1)), (3, sigmoid(1))])
  }

  @Test func logitsAreCappedFirst() {
    expect(
      router(.each(.sigmoid)) { $0.softcap = 2 }, [0, 4, -1, 1],
      [(1, sigmoid(2 * tanh(2.0))), (3, sigmoid(2 * tanh(0.5)))])
  }

  @Test func groupsAreRankedByTheirLargestScoreOrTheSumOfTheTwoLargest() {
    // Groups (0.3, 0.01), (0.2, 0.19), (0.15, 0.15).
    let six = [30, 1, 20, 19, 15, 15].map { logf($0) }
    func grouped(_ rank: Router.Groups.Rank, kept: Int) -> Router {
      router(.softmax) { $0.groups = Router.Groups(count: 3, kept: kept, rank: rank) }
    }
    expect(grouped(.largest, kept: 1), six, [(0, 0.3), (1, 0.01)])
    expect(grouped(.sumOfTwoLargest, kept: 1), six, [(2, 0.2), (3, 0.19)])
    expect(grouped(.largest, kept: 2), six, [(0, 0.3), (2, 0.2)])
    // Sums are 0.31, 0.39 and 0.3.
    expect(grouped(.sumOfTwoLargest, kept: 2), six, [(0, 0.3), (2, 0.2)])
  }

  @Test func weightsAreScaledForAllAndForEachExpert() {
    let scaled = router(.softmax) {
      $0.scale = 2.5
      $0.expertScales = [1, 2, 3, 4]
    }
    expect(scaled, logits, [(1, 0.4 * 2.5 * 2), (3, 0.3 * 2.5 * 4)])
  }

  @Test func ofEqualLogitsTheFirstIsChosen() {
    #expect(router(.softmax, chosen: 3).shares([1, 2, 2, 1]).map(\.expert) == [1, 2, 0])
  }

  @Test func theSparseMixerWeighsAnExpertAmongThoseNearIt() {
    // With a jitter of 0.1, logits within a fifth are near: 9 is near 10; 7 is not, nor is it near 9, but 7.5 is.
    let mixer = router(.sparseMixer(jitter: 0.1))
    expect(mixer, [7, 10, 9, 7.5], [(1, 1 / (1 + exp(-1))), (2, 1 / (1 + exp(-1.5)))])
    // The size of a logit counts where it is the larger one: (1 + 3) / 3 is beyond 0.2, (-1 + 1.2) / 1.2 is within.
    expect(mixer, [-1, -3, -1.2, -9], [(0, 1 / (1 + exp(-0.2))), (2, 1)])
  }

  @Test func aTokenHasEveryExpertAtMostOnceWhateverTheLogitsAre() {
    // Each expert has room for one row of each token.
    for logits: [Float] in [
      [.nan, .nan, .nan, .nan], [.nan, 1, 2, .nan], [1, .nan, 3, 2], [-.infinity, -.infinity, -.infinity, -.infinity],
      [.infinity, .infinity, 0, .nan], [0, 0, 0, 0],
    ] {
      for chosen in 1...4 {
        let experts = router(.sparseMixer(jitter: 0.01), chosen: chosen).shares(logits).map(\.expert)
        #expect(experts.count == chosen && Set(experts).count == chosen, "\(logits): \(experts)")
      }
    }
  }
}
