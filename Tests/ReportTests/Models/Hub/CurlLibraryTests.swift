import Testing

@testable import Models

/// libcurl, which is opened by name.
@Suite struct CurlLibraryTests {
  @Test func theLibraryIsThereAndSaysItsErrors() throws {
    let curl = try CurlLibrary.shared.get().functions.pointee
    let words = try #require(curl.easy_strerror(.init(rawValue: 7)))
    #expect(String(cString: words) == "Couldn't connect to server")
    #expect(try CurlLibrary.shared.get() === CurlLibrary.shared.get(), "opened once")
  }

  @Test func aLibraryThatIsNotThereIsAFailureThatSaysWhatToInstall() throws {
    let failure = #expect(throws: HTTPTransfer.Failure.self) { try CurlLibrary(name: "libnobody.so.0") }
    #expect(
      failure?.message
        == "libnobody.so.0 cannot be opened (libnobody.so.0: cannot open shared object file: No such file or directory); "
        + "install it (Debian: libcurl4)")
    #expect(failure?.isPassing == false)
  }

  @Test func aLibraryWithoutTheFunctionsIsAFailure() throws {
    let failure = #expect(throws: HTTPTransfer.Failure.self) { try CurlLibrary(name: "libm.so.6") }
    #expect(failure?.message.contains("undefined symbol: curl_global_init") == true)
  }
}
