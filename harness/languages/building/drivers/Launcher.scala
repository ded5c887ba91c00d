package @@OWN@@

import java.io.{FileInputStream, FileOutputStream}
import java.lang.reflect.InvocationTargetException

/** Runs the main of the test's object, and says the nonce where it came to its end. No class of the program is loaded
  * before the nonce is read, and none can name where it is kept. */
object Launcher {
  def main(names: Array[String]): Unit = {
    val pipe = new FileInputStream("/proc/self/fd/3")
    val nonce = Iterator.continually(pipe.read()).takeWhile(_ >= 0).map(_.toChar).mkString
    pipe.close()
    val test = Class.forName("@@MAIN@@").getMethod("main", classOf[Array[String]])
    try test.invoke(null, Array[String]())
    catch { case error: InvocationTargetException => throw error.getCause }
    val judge = new FileOutputStream("/proc/self/fd/4")
    judge.write(("{\"nonce\":\"" + nonce + "\"}\n").getBytes)
    judge.close()
  }
}
