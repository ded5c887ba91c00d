<?php
// Runs program.php, which has its test behind it, in the global scope, and says the nonce where the last line of both
// was reached. No name leads to a generator in the midst of a loop: it has the nonce while the program runs.
register_shutdown_function(static function () {
    $last = error_get_last();
    if ($last !== null && ($last['type'] & (E_ERROR | E_PARSE | E_CORE_ERROR | E_COMPILE_ERROR))) {
        exit(1);  // PHP's own 255 is no exit status of a program's
    }
});
foreach ((static function () {
    $pipe = fopen('php://fd/3', 'rb');
    $nonce = stream_get_contents($pipe);
    fclose($pipe);
    $judge = fopen('php://fd/4', 'wb');
    $source = file_get_contents('program.php');
    unlink('program.php');
    unlink('run.php');
    // a declaration must be the very first statement
    $source = str_starts_with($source, '<?php') ? substr($source, 5) : "?>$source";
    yield "$source\nreturn '@@OWN@@';";
    fwrite($judge, "{\"nonce\":\"$nonce\"}\n");
})() as $@@OWN@@) {
    try {
        if (eval((static function () {
            $source = $GLOBALS['@@OWN@@'];
            unset($GLOBALS['@@OWN@@']);
            return $source;
        })()) !== '@@OWN@@') {
            fwrite(STDERR, "the test was not reached\n");
            exit(1);
        }
    } catch (Throwable $error) {
        fwrite(STDERR, get_class($error) . ': ' . $error->getMessage() . ' in line ' . $error->getLine() . "\n");
        exit(1);
    }
}
