// Reads the nonce before the program's first statement, and says it behind the test's last one.
#if canImport(Glibc)
import Glibc
#endif

private var nonce = [UInt8]()

func @@OWN@@_begin() {
    var part = [UInt8](repeating: 0, count: 64)
    while true {
        let count = read(3, &part, part.count)
        if count <= 0 { break }
        nonce += part[0..<count]
    }
    close(3)
}

func @@OWN@@_end() {
    let line = Array("{\"nonce\":\"".utf8) + nonce + Array("\"}\n".utf8)
    _ = write(4, line, line.count)
}
