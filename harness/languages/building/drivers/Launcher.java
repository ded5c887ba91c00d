package @@OWN@@;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** Runs the main of the test's class, and says the nonce where it came to its end. No class of the program is loaded
 * before the nonce is read, and none can name where it is kept. */
class Launcher {
    public static void main(String[] names) throws Throwable {
        ByteArrayOutputStream nonce = new ByteArrayOutputStream();
        try (InputStream in = new FileInputStream("/proc/self/fd/3")) {
            for (int next; (next = in.read()) >= 0;) nonce.write(next);
        }
        Method test = Class.forName(names[0]).getDeclaredMethod("main", String[].class);
        test.setAccessible(true);
        try {
            test.invoke(null, (Object) new String[0]);
        } catch (InvocationTargetException error) {
            throw error.getCause();
        }
        try (OutputStream out = new FileOutputStream("/proc/self/fd/4")) {
            out.write(("{\"nonce\":\"" + nonce + "\"}\n").getBytes());
        }
    }
}
