// swift-tools-version: 6.1

import PackageDescription

// A package of its own, so that nobody who builds Strata builds this.
let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "Strata", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
  ],
  targets: [
    .target(name: "MachineProbe", cxxSettings: [.unsafeFlags(["-O3", "-ffp-contract=fast"])]),
    .executableTarget(
      name: "StrataBenchmarks",
      dependencies: [
        "MachineProbe",
        .product(name: "Engine", package: "Strata"),
        .product(name: "Kernels", package: "Strata"),
        .product(name: "Plot", package: "Strata"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  cxxLanguageStandard: .cxx17
)
