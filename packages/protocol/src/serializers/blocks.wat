;; Looks at sixteen characters of a JSON string at once. blocks-code.ts is this, assembled by test/blocks.test.ts.
(module
  ;; The bytes to look at, from address 0.
  (memory (export "memory") 1)

  ;; Where the first sixteen bytes start among which one may not stand in a JSON string as it is; $end when there are none.
  ;; $end is a multiple of sixteen.
  (func (export "skipPlain") (param $end i32) (result i32)
    (local $at i32)
    (local $bytes v128)
    (block $found
      (loop $next
        (br_if $found (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $bytes (v128.load (local.get $at)))
        (br_if $found
          (v128.any_true
            (v128.or
              ;; Below U+0020. As signed bytes, those outside ASCII are below it as well.
              (i8x16.lt_s (local.get $bytes) (i8x16.splat (i32.const 0x20)))
              (v128.or
                ;; A quote or a backslash.
                (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x22)))
                (i8x16.eq (local.get $bytes) (i8x16.splat (i32.const 0x5c)))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next)))
    (local.get $at)))
