import Foundation
import Synchronization
import Testing
import Threads

@testable import Plot

@Suite struct ParallelTests {
  private struct Fault: Error, Equatable { var number: Int }

  @Test(arguments: [1, 2, 5, 64])
  func resultsAndWordsAreInOrder(threads: Int) {
    let told = Mutex<[Int]>([])
    let results = Parallel.map(
      40, threads: threads, inOrder: { index, value in told.withLock { $0.append(value - index) } }
    ) {
      index -> Int in
      // Later ones are done sooner.
      usleep(UInt32((40 - index) * 20))
      return 2 * index
    }
    #expect(results == (0..<40).map { 2 * $0 })
    #expect(told.withLock { $0 } == Array(0..<40))
  }

  @Test(arguments: [1, 2, 5])
  func theFirstErrorIsThrown(threads: Int) {
    #expect(throws: Fault(number: 3)) {
      try Parallel.tryMap(10, threads: threads) { index in
        if index == 3 { throw Fault(number: index) }
        return index
      }
    }
  }

  @Test func nothingIsNoWork() {
    #expect(Parallel.map(0, threads: 4) { $0 } == [])
  }

  @Test func figuresDrawnSideBySideAreTheSameBytes() throws {
    let scenes = (0..<6).map { number in
      var scene = SampleScenes.everything
      scene.items.append(
        .text(TextRun("ქართული Ελληνικά \(number)", at: Point(5, 115), font: SampleScenes.sans, color: .black)))
      return scene
    }
    for format in OutputFormat.all {
      let alone = try scenes.map { try format.render($0) }
      #expect(
        try Parallel.tryMap(scenes.count, threads: 5) { try format.render(scenes[$0]) } == alone, "\(format.name)")
    }
  }
}
