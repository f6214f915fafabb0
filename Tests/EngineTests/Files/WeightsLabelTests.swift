import Foundation
import TestSupport
import Testing

@testable import Engine

@Suite struct WeightsLabelTests {
  /// The label of a GGUF file with an F32 matrix and this file type.
  private func label(fileType: UInt32?) throws -> String {
    var gguf = GGUFBuilder()
    gguf.set("general.architecture", "llama")
    if let fileType { gguf.set("general.file_type", fileType) }
    gguf.add("a", shape: [2, 2], values: [1, 2, 3, 4])
    return try withTemporaryFolder { folder in
      let url = folder.appending(path: "m.gguf")
      try gguf.data().write(to: url)
      return try WeightsLabel.of(GGUFFiles(path: url.path))
    }
  }

  @Test(arguments: [
    (UInt32(1), "F16"), (10, "Q2_K"), (12, "Q3_K_M"), (15, "Q4_K_M"), (21, "Q2_K_S"), (22, "IQ3_XS"), (29, "IQ2_M"),
    (30, "IQ4_XS"), (31, "IQ1_M"), (37, "TQ2_0"), (38, "MXFP4_MOE"), (39, "NVFP4"),
  ])
  func theFileTypeIsTheLabel(_ type: UInt32, _ expected: String) throws {
    #expect(try label(fileType: type) == expected)
  }

  @Test(arguments: [nil, 5, 1024, UInt32.max])
  func withoutAKnownFileTypeTheFormatOfMostValuesIs(_ type: UInt32?) throws {
    #expect(try label(fileType: type) == "F32")
  }

  /// llama.cpp has no file type for doubles and eight-bit floats.
  @Test(arguments: NumberFormat.all.filter { ![.f64, .f8E4M3, .f8E5M2].contains($0) })
  func everyFormatHasAFileTypeNamedAfterIt(_ format: NumberFormat) {
    #expect(WeightsLabel.fileTypes.values.contains { $0 == format.name || $0.hasPrefix(format.name + "_") })
  }

  @Test func noTwoFileTypesHaveTheSameLabel() {
    #expect(Set(WeightsLabel.fileTypes.values).count == WeightsLabel.fileTypes.count)
  }
}
