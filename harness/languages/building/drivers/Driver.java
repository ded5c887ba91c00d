package @@OWN@@;

import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.*;
import java.nio.charset.StandardCharsets;
import java.util.*;

/** Serves the judge: finds the methods of the program's classes by name, and calls what it is asked for. */
class Driver {
    static class Foreign extends RuntimeException {
        Foreign(String why) { super(why); }
    }

    final String source;
    int at = 0;

    Driver(String source) { this.source = source; }

    Object value() {
        char first = source.charAt(at);
        if (first == '"') return string();
        if (first == '[' || first == '{') {
            char last = first == '[' ? ']' : '}';
            List<Object> items = new ArrayList<>();
            Map<String, Object> members = new LinkedHashMap<>();
            at++;
            while (source.charAt(at) != last) {
                if (source.charAt(at) == ',') { at++; continue; }
                if (last == ']') { items.add(value()); continue; }
                String key = string();
                at++;
                members.put(key, value());
            }
            at++;
            return last == ']' ? items : members;
        }
        int begin = at;
        while (at < source.length() && ",]}".indexOf(source.charAt(at)) < 0) at++;
        String word = source.substring(begin, at);
        switch (word) {
            case "null": return null;
            case "true": return true;
            case "false": return false;
            case "NaN": return Double.NaN;
            case "Infinity": return Double.POSITIVE_INFINITY;
            case "-Infinity": return Double.NEGATIVE_INFINITY;
            default: return word.matches("-?[0-9]+") ? (Object) new java.math.BigInteger(word) : (Object) Double.valueOf(word);
        }
    }

    String string() {
        StringBuilder found = new StringBuilder();
        for (at++; source.charAt(at) != '"'; at++) {
            char c = source.charAt(at);
            if (c != '\\') { found.append(c); continue; }
            char escape = source.charAt(++at);
            switch (escape) {
                case 'u': found.append((char) Integer.parseInt(source.substring(at + 1, at + 5), 16)); at += 4; break;
                case 'n': found.append('\n'); break;
                case 't': found.append('\t'); break;
                case 'r': found.append('\r'); break;
                case 'b': found.append('\b'); break;
                case 'f': found.append('\f'); break;
                default: found.append(escape);
            }
        }
        at++;
        return found.toString();
    }

    @SuppressWarnings("unchecked")
    static List<Object> items(Object value) {
        if (value instanceof List) return (List<Object>) value;
        if (value instanceof Map) for (String tag : new String[] {"t", "s", "d"})
            if (((Map<String, Object>) value).containsKey(tag)) return (List<Object>) ((Map<String, Object>) value).get(tag);
        throw new Foreign("a value that is no sequence");
    }

    static Object read(Object value, Type type) {
        Class<?> raw = type instanceof Class ? (Class<?>) type
            : type instanceof ParameterizedType ? (Class<?>) ((ParameterizedType) type).getRawType() : Object.class;
        Type[] inner = type instanceof ParameterizedType ? ((ParameterizedType) type).getActualTypeArguments() : new Type[] {Object.class, Object.class};
        if (value instanceof java.math.BigInteger) return number((java.math.BigInteger) value, raw);
        if (value instanceof Double) return raw == float.class || raw == Float.class ? (Object) ((Double) value).floatValue() : value;
        if (value instanceof String && (raw == char.class || raw == Character.class) && ((String) value).length() == 1) return ((String) value).charAt(0);
        if (value == null && raw == Optional.class) return Optional.empty();
        if (value == null || value instanceof String || value instanceof Boolean) return raw == Optional.class ? Optional.of(read(value, inner[0])) : value;
        List<Object> items = items(value);
        if (raw.isArray()) {
            Object found = Array.newInstance(raw.getComponentType(), items.size());
            for (int i = 0; i < items.size(); i++) Array.set(found, i, read(items.get(i), raw.getComponentType()));
            return found;
        }
        if (Map.class.isAssignableFrom(raw) || value instanceof Map && ((Map<?, ?>) value).containsKey("d")) {
            Map<Object, Object> found = raw == TreeMap.class ? new TreeMap<>() : new HashMap<>();
            for (Object pair : items) found.put(read(items(pair).get(0), inner[0]), read(items(pair).get(1), inner[1]));
            return found;
        }
        Collection<Object> found = raw == TreeSet.class ? new TreeSet<>() : Set.class.isAssignableFrom(raw) ? new HashSet<>()
            : raw == LinkedList.class ? new LinkedList<>() : new ArrayList<>();
        for (Object item : items) found.add(read(item, inner[0]));
        return found;
    }

    static Object number(java.math.BigInteger value, Class<?> raw) {
        if (raw == int.class || raw == Integer.class) return value.intValueExact();
        if (raw == double.class || raw == Double.class) return value.doubleValue();
        if (raw == float.class || raw == Float.class) return value.floatValue();
        if (raw == short.class || raw == Short.class) return value.shortValueExact();
        if (raw == byte.class || raw == Byte.class) return value.byteValueExact();
        if (raw == java.math.BigInteger.class) return value;
        if (raw == Object.class && value.bitLength() < 32) return value.intValue();
        return value.longValueExact();
    }

    static void write(Object value, StringBuilder into, int depth) {
        if (depth > 200) throw new Foreign("deeper than 200");
        if (value == null) into.append("null");
        else if (value instanceof Boolean || value instanceof Number) {
            if (!value.getClass().getName().startsWith("java.")) throw new Foreign("a number of the program's own");
            into.append(value);
        }
        else if (value instanceof String || value instanceof Character) quote(value.toString(), into);
        else if (value.getClass().isArray()) {
            List<Object> items = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) items.add(Array.get(value, i));
            all(items, into, depth);
        } else if (value instanceof Optional) write(((Optional<?>) value).orElse(null), into, depth);
        else if (!value.getClass().getName().startsWith("java.")) throw new Foreign(value.getClass().getName() + ": no form to send it in");
        else if (value instanceof Map) {
            List<Object> pairs = new ArrayList<>();
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) pairs.add(Arrays.asList(entry.getKey(), entry.getValue()));
            into.append("{\"d\":");
            all(pairs, into, depth);
            into.append('}');
        } else if (value instanceof Set) {
            into.append("{\"s\":");
            all((Set<?>) value, into, depth);
            into.append('}');
        } else if (value instanceof Collection) all((Collection<?>) value, into, depth);
        else throw new Foreign(value.getClass().getName() + ": no form to send it in");
    }

    static void all(Collection<?> items, StringBuilder into, int depth) {
        into.append('[');
        boolean first = true;
        for (Object item : items) {
            if (!first) into.append(',');
            first = false;
            write(item, into, depth + 1);
        }
        into.append(']');
    }

    static void quote(String value, StringBuilder into) {
        into.append('"');
        for (char c : value.toCharArray()) {
            if (c == '"' || c == '\\') into.append('\\').append(c);
            else if (c < 0x20 || c > 0x7e) into.append(String.format("\\u%04x", (int) c));
            else into.append(c);
        }
        into.append('"');
    }

    static String raised(Throwable error) {
        String kind = error instanceof OutOfMemoryError ? "MemoryError" : error.getClass().getSimpleName();
        StringBuilder text = new StringBuilder();
        quote(String.valueOf(error.getMessage()), text);
        return "{\"raised\":{\"kinds\":[\"builtins." + kind + "\",\"builtins.Exception\"],\"text\":" + text + ",\"args\":[" + text + "]}}";
    }

    @SuppressWarnings("unchecked")
    static String answer(String line, List<Class<?>> classes) {
        try {
            Map<String, Object> asked = (Map<String, Object>) new Driver(line).value();
            Object name = ((Map<String, Object>) asked.get("on")).get("name");
            if (!"call".equals(asked.get("op")) || name == null) throw new Foreign("no such operation in this language");
            List<Object> given = items(asked.get("args"));
            for (Class<?> owner : classes) for (Method method : owner.getDeclaredMethods()) {
                if (!method.getName().equals(name) || method.getParameterCount() != given.size()) continue;
                method.setAccessible(true);
                Object[] arguments = new Object[given.size()];
                for (int i = 0; i < arguments.length; i++) arguments[i] = read(given.get(i), method.getGenericParameterTypes()[i]);
                Object target = null;
                if (!Modifier.isStatic(method.getModifiers())) {
                    Constructor<?> maker = owner.getDeclaredConstructor();
                    maker.setAccessible(true);
                    target = maker.newInstance();
                }
                StringBuilder found = new StringBuilder("{\"value\":");
                write(method.invoke(target, arguments), found, 0);
                return found.append('}').toString();
            }
            return "{\"raised\":{\"kinds\":[\"builtins.NameError\",\"builtins.Exception\"],\"text\":\"" + name + "\",\"args\":[]}}";
        } catch (Foreign foreign) {
            StringBuilder text = new StringBuilder();
            quote(String.valueOf(foreign.getMessage()), text);
            return "{\"foreign\":" + text + "}";
        } catch (InvocationTargetException error) {
            return raised(error.getCause());
        } catch (Throwable error) {
            return raised(error);
        }
    }

    public static void main(String[] names) throws Exception {
        try (InputStream in = new FileInputStream("/proc/self/fd/3"); OutputStream out = new FileOutputStream("/proc/self/fd/4")) {
            List<Class<?>> classes = new ArrayList<>();
            for (String name : names) try { classes.add(Class.forName(name)); } catch (ClassNotFoundException | NoClassDefFoundError none) { continue; }
            out.write("{\"value\":null}\n".getBytes(StandardCharsets.UTF_8));
            ByteArrayOutputStream kept = new ByteArrayOutputStream();
            byte[] part = new byte[1 << 16];
            for (int count; (count = in.read(part)) > 0;) for (int i = 0; i < count; i++) {
                if (part[i] != '\n') { kept.write(part[i]); continue; }
                String line = kept.toString("UTF-8");
                kept.reset();
                out.write((answer(line, classes) + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } finally {
            Runtime.getRuntime().halt(0);
        }
    }
}
