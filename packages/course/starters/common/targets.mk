
check: all
	npx @hs/course check

next: all
	npx @hs/course next

watch:
	npx @hs/course watch -- make

.PHONY: all check next watch
