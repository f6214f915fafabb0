// swift-tools-version: 6.1

import PackageDescription

// Hot loops live in C++ and are optimised in debug builds too, so that tests on real models stay bearable.
// Products and sums are fused only where a kernel says so: a result must not depend on what the compiler finds to fuse.
let optimised: [CXXSetting] = [
  .unsafeFlags(["-O3", "-ffp-contract=off"]), .headerSearchPath("."),
  // Instruction sets without fused multiply-add give other bits; such processors run the portable code.
  .define("HWY_DISABLED_TARGETS", to: "(HWY_SSSE3|HWY_SSE4)"),
]

let package = Package(
  name: "Strata",
  products: [
    .executable(name: "strata", targets: ["Strata"]),
    .library(name: "Engine", targets: ["Engine"]),
    // For Benchmarks, which times the kernels by themselves.
    .library(name: "Kernels", targets: ["Kernels"]),
    .library(name: "Plot", targets: ["Plot"]),
    .library(name: "Report", targets: ["Report"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
  ],
  targets: [
    // The command line: commands only, no logic.
    .executableTarget(
      name: "Strata",
      dependencies: [
        "Report", "Engine", "Plot",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),

    // From a spec to a gallery.
    .target(
      name: "Report",
      dependencies: [
        "Engine", "Plot", "Templates", "CCurl", "CZlib",
        .product(name: "Yams", package: "Yams"),
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      resources: [.embedInCode("Models/catalog.json")]
    ),

    // The HTML templates, as resources.
    .target(name: "Templates", path: "templates", exclude: ["README.md"], resources: [.copy("gallery")]),

    // Language models and lenses.
    .target(
      name: "Engine", dependencies: ["Kernels", "SimdJSON", "CPCRE2", "CCrypto"],
      resources: [
        .embedInCode("Settings/inert-settings.json"), .embedInCode("Settings/config-defaults.json"),
        .embedInCode("Tokenizers/tokenizer-classes.json"),
      ]
    ),

    // Figures from plain numbers and strings.
    .target(name: "Plot", dependencies: ["CCairo", "CPango", "CFontconfig", "CLink", "CZlib"]),

    // C++ behind C headers.
    .target(name: "Kernels", cxxSettings: optimised, linkerSettings: [.linkedLibrary("hwy")]),
    .target(name: "SimdJSON", cxxSettings: optimised, linkerSettings: [.linkedLibrary("simdjson")]),

    // System libraries (Debian packages; `make deps` installs them).
    .systemLibrary(name: "CCairo", pkgConfig: "cairo-pdf", providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(name: "CPango", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
    .systemLibrary(name: "CFontconfig", pkgConfig: "fontconfig", providers: [.apt(["libfontconfig-dev"])]),
    .systemLibrary(name: "CLink"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // Tests mirror Sources.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "EngineTests", dependencies: ["Engine", "Kernels", "TestSupport"]),
    .testTarget(name: "PlotTests", dependencies: ["Plot", "CCairo", "TestSupport"]),
    .testTarget(name: "ReportTests", dependencies: ["Report", "TestSupport"]),
    .testTarget(name: "StrataTests", dependencies: ["TestSupport", .product(name: "Yams", package: "Yams")]),
  ],
  cxxLanguageStandard: .cxx17
)
