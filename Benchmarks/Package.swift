// swift-tools-version: 6.1

import PackageDescription

// A package of its own, so that nobody who builds Strata builds this.
let package = Package(
  name: "Benchmarks",
  dependencies: [.package(name: "Strata", path: "..")],
  targets: [
    .target(name: "MachineProbe", cxxSettings: [.unsafeFlags(["-O3", "-ffp-contract=fast"])]),
    .executableTarget(
      name: "StrataBenchmarks",
      dependencies: ["MachineProbe", .product(name: "Engine", package: "Strata")]),
  ],
  cxxLanguageStandard: .cxx17
)
