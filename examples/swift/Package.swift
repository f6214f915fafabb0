// swift-tools-version: 6.1

import PackageDescription

let package = Package(
  name: "StrataExamples",
  dependencies: [
    // The address of the repository that you use, and a version, which is one of its tags.
    .package(url: "https://example.org/strata.git", from: "0.1.0")
  ],
  targets: [
    // Figures from traces: no engine and no kernels.
    .executableTarget(name: "DrawFigure", dependencies: [.product(name: "Figures", package: "strata")]),
    // Traces from a model.
    .executableTarget(name: "TracePrompt", dependencies: [.product(name: "Engine", package: "strata")]),
  ]
)
