// swift-tools-version: 6.1

import PackageDescription

// Instruction sets without fused multiply-add give other bits; such processors run the portable code.
let kernelSettings: [CXXSetting] = [
  .headerSearchPath("."), .define("HWY_DISABLED_TARGETS", to: "(HWY_SSSE3|HWY_SSE4)"),
]

/// A floor of Sources/Report.
func floor(_ name: String, _ uses: [Target.Dependency], resources: [Resource] = []) -> Target {
  .target(name: name, dependencies: uses, path: "Sources/Report/\(name)", resources: resources)
}

/// All of them, the lowest first.
let floors = ["Words", "Markdown", "Findings", "Files", "Models", "Figures", "Spec", "Gallery", "Build"]

/// Only `make docs` needs it, and nobody who uses the library.
let documentation: [Package.Dependency] =
  Context.environment["STRATA_DOCUMENTATION"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", exact: "1.5.0")]

let package = Package(
  name: "Strata",
  products: [
    .executable(name: "strata", targets: ["Strata"]),
    .library(name: "Engine", targets: ["Engine", "Traces"]),
    // For Benchmarks, which times the kernels by themselves.
    .library(name: "Kernels", targets: ["Kernels"]),
    .library(name: "Plot", targets: ["Plot"]),
    .library(name: "Traces", targets: ["Traces"]),
    // Figures of traces, without engine and kernels.
    .library(name: "Figures", targets: ["Figures", "Findings", "Plot", "Traces", "Words"]),
    .library(name: "Report", targets: floors),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
  ] + documentation,
  targets: [
    // The command line: commands only, no logic.
    .executableTarget(
      name: "Strata",
      dependencies: [
        "Build", "Gallery", "Spec", "Figures", "Findings", "Models", "Files", "Words", "Engine", "Traces", "Plot",
        "Threads",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]
    ),

    // From a spec to a gallery: floors, each of which uses lower ones alone (ARCHITECTURE.md).
    floor("Words", ["Traces"]),
    floor("Markdown", ["Words", "CMarkdown"]),
    floor("Findings", ["Traces", "Words"]),
    floor("Files", ["Traces", "Words", "CLink"]),
    floor(
      "Models", ["Engine", "Threads", "Traces", "Files", "Words", "CCurl"], resources: [.embedInCode("catalog.json")]),
    floor("Figures", ["Traces", "Plot", "Findings", "Words"]),
    floor(
      "Spec", ["Engine", "Traces", "Figures", "Models", "Markdown", "Words", .product(name: "Yams", package: "Yams")]),
    floor(
      "Gallery",
      [
        "Traces", "Plot", "Figures", "Findings", "Files", "Markdown", "Words", "Templates", "CZlib",
        .product(name: "Mustache", package: "swift-mustache"),
      ]),
    floor(
      "Build",
      [
        "Engine", "Traces", "Threads", "Plot", "Gallery", "Spec", "Figures", "Findings", "Models", "Files", "Words",
        "CZlib",
      ], resources: [.embedInCode("Chat/chat_parts.py"), .embedInCode("Chat/render_chat.py")]),

    // The HTML templates, as resources.
    .target(name: "Templates", path: "templates", exclude: ["README.md"], resources: [.copy("gallery")]),

    // What a trace is, how it is read and written: no kernels.
    .target(name: "Traces", dependencies: ["SimdJSON", "CCrypto"], path: "Sources/Engine/Traces"),

    // Language models and lenses.
    .target(
      name: "Engine", dependencies: ["Traces", "Kernels", "CPCRE2", "CCrypto"], exclude: ["Traces"],
      resources: [
        .embedInCode("Settings/inert-settings.json"), .embedInCode("Settings/config-defaults.json"),
        .embedInCode("Architectures/family-fixtures.json"),
        .embedInCode("Tokenizers/tokenizer-classes.json"),
      ]
    ),

    // Figures from plain numbers and strings.
    .target(
      name: "Plot", dependencies: ["Threads", "CCairo", "CPango", "CFontconfig", "CLink", "CZlib"], exclude: ["Threads"]
    ),
    .target(name: "Threads", path: "Sources/Plot/Threads"),

    // C++ behind C headers.
    .target(name: "Kernels", cxxSettings: kernelSettings, linkerSettings: [.linkedLibrary("hwy")]),
    .target(name: "SimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),

    // System libraries (Debian packages; `make deps` installs them).
    .systemLibrary(name: "CCairo", pkgConfig: "cairo-pdf", providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(name: "CPango", pkgConfig: "pangocairo", providers: [.apt(["libpango1.0-dev"])]),
    .systemLibrary(name: "CFontconfig", pkgConfig: "fontconfig", providers: [.apt(["libfontconfig-dev"])]),
    .systemLibrary(name: "CLink"),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CMarkdown", pkgConfig: "libcmark-gfm",
      providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"])]),
    .systemLibrary(name: "CPCRE2", pkgConfig: "libpcre2-8", providers: [.apt(["libpcre2-dev"])]),
    // Only its header: the library is opened by name when a model is fetched.
    .systemLibrary(name: "CCurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // Tests mirror Sources.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .testTarget(name: "EngineTests", dependencies: ["Engine", "Traces", "Kernels", "TestSupport"]),
    .testTarget(name: "PlotTests", dependencies: ["Plot", "Threads", "CCairo", "TestSupport"]),
    .testTarget(
      name: "ReportTests",
      dependencies: [
        "Build", "Gallery", "Spec", "Figures", "Findings", "Models", "Files", "Markdown", "Words", "Engine", "Traces",
        "CLink", "TestSupport",
      ]),
    // Readers of data from outside, run on damaged files: `make fuzz`.
    .executableTarget(
      name: "StrataFuzz",
      dependencies: [
        "Build", "Gallery", "Spec", "Figures", "Findings", "Models", "Files", "Markdown", "Words", "Engine", "Traces",
        "Plot",
      ], path: "Tests/Fuzz"),
    // Rules of the whole tree; needs nothing of it but the files.
    .testTarget(name: "TidyTests", dependencies: ["TestSupport"]),
    .testTarget(
      name: "StrataTests",
      dependencies: ["CZlib", "Figures", "TestSupport", "Traces", .product(name: "Yams", package: "Yams")]),
  ],
  cxxLanguageStandard: .cxx17
)

// The suite takes about half the time on optimised code. Flags like this one are not for packages that others depend on.
if Context.environment["STRATA_OPTIMISED"] != nil {
  for target in package.targets where [.regular, .executable].contains(target.type) {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-O"])]
  }
}
